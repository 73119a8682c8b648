"""Rosters on a real database: what they write, how often, and what a crash in the middle leaves."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions
from core.locks import AdvisoryLock
from core.rosters import requests, running, writing
from core.rosters.reading import read_sheet
from core.rosters.running import run_queued
from core.tables import Course, Registration, Roster, RosterStatus, User

HEADER = "username,email,course_id\n"


@pytest.fixture(autouse=True)
async def courses(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add_all([Course(course_title="Optics"), Course(course_title="Logic")])


async def hand_in(sessions: Sessions, rows: str, *, dry_run: bool = False) -> int:
    sheet = read_sheet((HEADER + rows).encode())
    async with sessions.begin() as session:
        added = await requests.add(session, sheet, sheet.count(), dry_run=dry_run, requested_by=None)
        return added.id


async def result(sessions: Sessions, roster_id: int) -> Roster:
    async with sessions.begin() as session:
        found = await requests.by_id(session, roster_id)
    assert found is not None
    return found


def counts(roster: Roster) -> tuple[int, int, int, int]:
    assert roster.done == roster.total == roster.created + roster.updated + roster.unchanged + roster.failed
    return roster.created, roster.updated, roster.unchanged, roster.failed


async def stored(sessions: Sessions) -> tuple[set[tuple[str, str, str]], set[tuple[str, int]]]:
    """Return who there is, and who has a place where."""
    async with sessions.begin() as session:
        users = await session.execute(select(User.username, User.email, User.role))
        places = await session.execute(
            select(User.username, Registration.course_id).join(User, User.id == Registration.user_id)
        )
        return {(name, email, role) for name, email, role in users}, {(name, place) for name, place in places}


ROWS = "ada,ada@example.org,1\nada,ada@example.org,2\nZoë,zoe@example.org,\nbad,nowhere,1\n"


async def test_a_roster_makes_students_and_places_and_lists_what_it_cannot_use(
    sessions: Sessions, engine: AsyncEngine
) -> None:
    roster_id = await hand_in(sessions, ROWS)
    assert await run_queued(engine) == 1
    done = await result(sessions, roster_id)
    assert counts(done) == (2, 1, 0, 1)
    assert [(error["line"], error["column"]) for error in done.errors] == [(5, "email")]
    assert await stored(sessions) == (
        {("ada", "ada@example.org", "student"), ("Zoë", "zoe@example.org", "student")},
        {("ada", 1), ("ada", 2)},
    )


async def test_the_same_file_again_changes_nothing(sessions: Sessions, engine: AsyncEngine) -> None:
    await hand_in(sessions, ROWS)
    await run_queued(engine)
    before = await stored(sessions)
    again = await hand_in(sessions, ROWS)
    await run_queued(engine)
    assert counts(await result(sessions, again)) == (0, 0, 3, 1)
    assert await stored(sessions) == before


async def test_a_dry_run_says_the_same_and_writes_nothing(sessions: Sessions, engine: AsyncEngine) -> None:
    tried = await hand_in(sessions, ROWS, dry_run=True)
    await run_queued(engine)
    assert await stored(sessions) == (set(), set())
    written = await hand_in(sessions, ROWS)
    await run_queued(engine)
    dry, real = await result(sessions, tried), await result(sessions, written)
    assert counts(dry) == counts(real)
    assert dry.errors == real.errors


async def test_addresses_and_spellings_follow_the_file(sessions: Sessions, engine: AsyncEngine) -> None:
    await hand_in(sessions, "ada,ada@example.org,1\n")
    await run_queued(engine)
    await hand_in(sessions, "Ada,countess@example.org,2\n")
    await run_queued(engine)
    assert await stored(sessions) == (
        {("Ada", "countess@example.org", "student")},
        {("Ada", 1), ("Ada", 2)},
    )


async def test_a_crash_in_the_middle_is_gone_on_from_and_counts_every_line_once(
    sessions: Sessions, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PORTION", 10)
    rows = [f"student{n},student{n}@example.org,1" for n in range(40)]
    rows += [f"student{n},other{n}@example.org,1" for n in range(5)]  # their first lines are portions away
    roster_id = await hand_in(sessions, "\n".join(rows))
    write = writing.write
    calls = 0

    async def fail_at_the_third(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ConnectionResetError
        await write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "write", fail_at_the_third)
    with pytest.raises(ConnectionResetError):
        await run_queued(engine)
    half = await result(sessions, roster_id)
    assert (half.done, half.status) == (20, RosterStatus.QUEUED)
    assert await run_queued(engine) == 1
    assert counts(await result(sessions, roster_id)) == (40, 0, 0, 5)
    assert len((await stored(sessions))[0]) == 40


async def test_what_nobody_foresaw_ends_a_roster_and_not_the_others(
    sessions: Sessions, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await hand_in(sessions, "ada,ada@example.org,1\n")
    look_up = writing.look_up

    async def fail(*_: object) -> None:
        monkeypatch.setattr(writing, "look_up", look_up)
        raise ZeroDivisionError

    monkeypatch.setattr(writing, "look_up", fail)
    good = await hand_in(sessions, "grace,grace@example.org,1\n")
    assert await run_queued(engine) == 2
    assert (await result(sessions, broken)).status == RosterStatus.FAILED
    assert counts(await result(sessions, good)) == (1, 0, 0, 0)


async def test_only_one_at_a_time_works_off_rosters(sessions: Sessions, engine: AsyncEngine) -> None:
    roster_id = await hand_in(sessions, ROWS)
    async with engine.connect() as somebody:
        await somebody.execute(text("SELECT pg_advisory_lock(:key)"), {"key": AdvisoryLock.ROSTERS})
        assert await run_queued(engine) == 0
        assert (await result(sessions, roster_id)).done == 0
        await somebody.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": AdvisoryLock.ROSTERS})
    assert sum(await asyncio.gather(*(run_queued(engine) for _ in range(4)))) == 1
    assert counts(await result(sessions, roster_id)) == (2, 1, 0, 1)


async def test_files_are_forgotten(sessions: Sessions, engine: AsyncEngine) -> None:
    written = await hand_in(sessions, ROWS)
    tried = await hand_in(sessions, ROWS, dry_run=True)
    await run_queued(engine)
    async with sessions.begin() as session:
        assert await requests.content_of(session, written) is None
        assert await requests.content_of(session, tried) is not None
    await run_queued(engine, lambda: datetime.now(UTC) + running.CONTENT_KEPT + timedelta(minutes=1))
    async with sessions.begin() as session:
        assert await requests.content_of(session, tried) is None


async def test_a_hundred_thousand_lines_are_worked_off(sessions: Sessions, engine: AsyncEngine) -> None:
    rows = "\n".join(
        f"student{n % 50_000},student{n % 50_000}@example.org,{n // 50_000 + 1}" for n in range(100_000)
    )
    roster_id = await hand_in(sessions, rows)
    await run_queued(engine)
    assert counts(await result(sessions, roster_id)) == (50_000, 50_000, 0, 0)
    async with sessions.begin() as session:
        assert await session.scalar(text("SELECT count(*) FROM registrations")) == 100_000
