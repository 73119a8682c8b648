"""Statements that look up and write what a roster is about: `users` and `registrations`."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.accounts import NO_PASSWORD, caseless
from core.roles import Role
from core.rosters.judging import Account, Known, Outcome, Verdict
from core.rosters.reading import Line

# Whoever signs up just now waits, so that what is looked up is still so when it is written.
_LOCK = text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
_ACCOUNTS = text("""
SELECT id, username, username_key, email, email_key, role FROM users
WHERE username_key = ANY(:names) OR email_key = ANY(:emails)
""")
_COURSES = text("SELECT id, course_title FROM courses WHERE archived_at IS NULL")
_PLACES = text("""
SELECT u.username_key, r.course_id FROM users u JOIN registrations r ON r.user_id = u.id
WHERE u.username_key = ANY(:names)
""")


async def lock(session: AsyncSession) -> None:
    """Let nobody add or change a user until the transaction ends."""
    await session.execute(_LOCK)


async def look_up(session: AsyncSession, lines: Sequence[Line]) -> Known:
    """Return what is stored that some lines are about."""
    names = [line.username_key for line in lines]
    emails = [line.email_key for line in lines]
    accounts: dict[str, Account] = {}
    owners: dict[str, str] = {}
    for row in await session.execute(_ACCOUNTS, {"names": names, "emails": emails}):
        accounts[row.username_key] = Account(row.id, row.username, row.email, row.role)
        owners[row.email_key] = row.username_key
    courses = {row.id: caseless(row.course_title) for row in await session.execute(_COURSES)}
    places = {(row.username_key, row.course_id) for row in await session.execute(_PLACES, {"names": names})}
    return Known(accounts, owners, courses, places)


_PUT_USERS = text("""
INSERT INTO users AS u (username, username_key, email, email_key, password_hash, role)
SELECT username, username_key, email, email_key, :no_password, :role
FROM unnest(CAST(:username AS text[]), CAST(:username_key AS text[]), CAST(:email AS text[]),
            CAST(:email_key AS text[])) AS n (username, username_key, email, email_key)
ON CONFLICT (username_key) DO UPDATE
SET username = excluded.username, email = excluded.email, email_key = excluded.email_key
WHERE (u.username, u.email) IS DISTINCT FROM (excluded.username, excluded.email)
""")
_PUT_PLACES = text("""
INSERT INTO registrations (user_id, course_id)
SELECT DISTINCT u.id, n.course_id
FROM unnest(CAST(:username_key AS text[]), CAST(:course_id AS bigint[])) AS n (username_key, course_id)
JOIN users u USING (username_key)
ON CONFLICT DO NOTHING
""")


async def write(session: AsyncSession, verdicts: Sequence[Verdict], known: Known) -> None:
    """Make students and places be as the lines that change something have them; who is new has no password.

    Users are locked in ascending order, as the progress workers do it.
    """
    changing = [verdict for verdict in verdicts if verdict.outcome in {Outcome.CREATED, Outcome.UPDATED}]
    last = {line.username_key: line for verdict in changing if (line := verdict.line)}
    students = sorted(last.values(), key=lambda line: known.id_of(line.username_key))
    await session.execute(
        _PUT_USERS,
        {
            "username": [line.username for line in students],
            "username_key": [line.username_key for line in students],
            "email": [line.email for line in students],
            "email_key": [line.email_key for line in students],
            "no_password": NO_PASSWORD,
            "role": Role.STUDENT.value,
        },
    )
    places = [(one.line.username_key, one.course_id) for one in changing if one.line and one.course_id]
    await session.execute(
        _PUT_PLACES,
        {"username_key": [name for name, _ in places], "course_id": [course_id for _, course_id in places]},
    )
