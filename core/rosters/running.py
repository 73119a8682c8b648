"""Working off queued rosters: one at a time in the whole school, some lines in each transaction.

A portion's lines and its counts commit together, so whoever goes on after a crash begins where it ended.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import Clock, utc_now
from core.database import Sessions, is_away, make_sessions
from core.locks import AdvisoryLock
from core.rosters import requests, writing
from core.rosters.judging import Judge, Verdict
from core.rosters.reading import Line, Mistake, read_sheet
from core.tables import Roster
from core.tables.rosters import RosterStatus

log = logging.getLogger(__name__)

PORTION = 1_000
ERRORS_KEPT = 1_000
CONTENT_KEPT = timedelta(days=1)
"""How long the file of a dry run waits to be applied."""


async def run_queued(engine: AsyncEngine, clock: Clock = utc_now) -> int:
    """Work off what is queued and return how many rosters that were; none while somebody else does.

    Raises:
        sqlalchemy.exc.DBAPIError, OSError: the database is away; call again.

    """
    sessions, forget_until = make_sessions(engine), clock() - CONTENT_KEPT
    async with sessions.begin() as session:
        if not await requests.something_is_due(session, forget_until):
            return 0
        await requests.forget_contents(session, forget_until)
    finished = 0
    async with _alone(engine) as alone:
        while alone and await _run_next(sessions):
            finished += 1
    return finished


@asynccontextmanager
async def _alone(engine: AsyncEngine) -> AsyncIterator[bool]:
    """Say whether nobody else works on rosters; if so, nobody can until the end."""
    key = {"key": AdvisoryLock.ROSTERS}
    async with engine.connect() as connection:
        alone = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        await connection.commit()
        try:
            yield alone
        finally:
            if alone:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                await connection.commit()


async def _run_next(sessions: Sessions) -> bool:
    async with sessions.begin() as session:
        roster = await requests.next_queued(session)
    if roster is None:
        return False
    status = RosterStatus.DONE
    try:
        await _run(sessions, roster)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("roster %d cannot be worked off", roster.id)
        status = RosterStatus.FAILED
    async with sessions.begin() as session:
        await requests.finish(session, roster.id, status, keep_content=roster.dry_run)
    return True


async def _run(sessions: Sessions, roster: Roster) -> None:
    """Judge every line, from the first one on: what earlier lines said counts for later ones."""
    assert roster.content is not None, "it is kept until the roster is done"
    judge, settled, errors = Judge(), 0, len(roster.errors)
    for lines in _portions(read_sheet(roster.content).lines()):
        is_settled = settled < roster.done
        async with sessions.begin() as session:
            if not (roster.dry_run or is_settled):
                await writing.lock(session)
            known = await writing.look_up(session, [line for line in lines if isinstance(line, Line)])
            verdicts = list(judge.judge(lines, known))
            if not is_settled:
                if not roster.dry_run:
                    await writing.write(session, verdicts, known)
                mistakes = _mistakes(verdicts)[: max(0, ERRORS_KEPT - errors)]
                await requests.count(session, roster.id, _counts(verdicts), mistakes)
                errors += len(mistakes)
        settled += len(lines)
        await asyncio.sleep(0)


def _portions(lines: Iterator[Line | Mistake]) -> Iterator[list[Line | Mistake]]:
    while portion := list(islice(lines, PORTION)):
        yield portion


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    return dict(Counter(verdict.outcome.value for verdict in verdicts))


def _mistakes(verdicts: Sequence[Verdict]) -> list[dict[str, str | int]]:
    found = (verdict.mistake for verdict in verdicts)
    return [
        {"line": each.number, "column": each.column, "reason": each.reason}
        for each in found
        if each is not None
    ]
