"""Schools in PostgreSQL, made by statements that make many rows at once."""

import asyncio
from typing import Any

import asyncpg

from core.settings import Settings

_STUDENTS = """
INSERT INTO users (username, username_key, email, email_key, password_hash, role, created_at)
SELECT 'student-' || n, 'student-' || n, 'student-' || n || '@example.org', 'student-' || n || '@example.org',
       '!', 'student', now() - INTERVAL '1 year'
FROM generate_series(1, $1::int) AS n
"""
_ADMIN = """
INSERT INTO users (username, username_key, email, email_key, password_hash, role)
VALUES ('head', 'head', 'head@example.org', 'head@example.org', '!', 'admin') RETURNING id
"""
_VIDEOS = """
WITH course AS (INSERT INTO courses (course_title) VALUES ('Optics') RETURNING id)
INSERT INTO videos (course_id, title, video_link, position)
SELECT course.id, 'Lesson ' || n, 'https://www.youtube.com/watch?v=' || lpad(n::text, 11, '0'), n
FROM course, generate_series(1, $1::int) AS n
"""
_POLICY = """
INSERT INTO policy (timezone, overlap, late_days, attendance_min_seconds) VALUES ($1, $2, $3, $4)
"""


def create(server_url: str, name: str) -> str:
    """Make a database and return its URL."""
    asyncio.run(_on(server_url, lambda it: it.execute(f'CREATE DATABASE "{name}"')))
    return f"{server_url.rpartition('/')[0]}/{name}"


def seed(settings: Settings, students: int, videos: int) -> int:
    """Make students with the ids from 1 on, videos likewise, and an admin, whose id is returned."""

    async def rows(connection: asyncpg.Connection) -> int:
        policy = settings.policy
        await connection.execute(
            _POLICY, policy.timezone, policy.overlap.value, policy.late_days, policy.attendance_min_seconds
        )
        await connection.execute(_STUDENTS, students)
        await connection.execute(_VIDEOS, videos)
        admin = int(await connection.fetchval(_ADMIN))
        await connection.execute("ANALYZE users, videos")
        return admin

    admin: int = asyncio.run(_on(settings.database_url.get_secret_value().replace("+asyncpg", ""), rows))
    return admin


def ask(url: str, statement: str, *arguments: Any) -> list[asyncpg.Record]:
    """Return the rows of a statement, on a connection of its own."""
    found: list[asyncpg.Record] = asyncio.run(_on(url, lambda it: it.fetch(statement, *arguments)))
    return found


async def _on(url: str, work: Any) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await work(connection)
    finally:
        await connection.close()
