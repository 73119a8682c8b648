"""A database connection that breaks where it is told to: at any step of whatever runs on it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from core.database import AWAY, Sessions, make_sessions


class Crash(Exception):
    """What a process that dies here would never catch."""


class How(StrEnum):
    RAISED = "an exception"
    CUT = "the connection cut"


class When(StrEnum):
    BEFORE_COMMIT = "before the commit"
    DURING_COMMIT = "while it commits"
    AFTER_COMMIT = "after the commit"


BROKEN = (Crash, *AWAY)


@dataclass
class _Armed:
    steps: int
    how: How
    when: When | None = None
    """When it happened, once it has."""


class Crashing:
    """Counts the steps of what runs on an engine, and breaks one of them.

    Before and after each statement is a step; so is before, during and after each commit.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.sessions: Sessions = make_sessions(engine)
        self._armed: _Armed | None = None
        self._cut_backends: list[int] = []
        event.listen(engine.sync_engine, "before_cursor_execute", self._at_statement)
        event.listen(engine.sync_engine, "after_cursor_execute", self._at_statement)
        dialect: Any = engine.sync_engine.dialect
        self._commit = dialect.do_commit
        dialect.do_commit = self._at_commit

    async def run(self, step: int | None, how: How, *jobs: Callable[[], Awaitable[Any]]) -> When | None:
        """Run jobs side by side and crash at one of their steps, counted from 0; say when, if it came so far.

        What they raise without a crash is raised.
        """
        armed = _Armed(step, how) if step is not None else None
        self._armed = armed
        try:
            ended = await asyncio.gather(*(job() for job in jobs), return_exceptions=True)
        finally:
            self._armed = None
        failures = [each for each in ended if isinstance(each, BaseException)]
        for failure in failures:
            if armed is None or armed.when is None or not isinstance(failure, BROKEN):
                raise failure
        assert len(failures) <= 1, "a crash of one worker must not fail another"
        await self._settled()
        return armed.when if armed else None

    def _at_statement(self, connection: Connection, *_: object) -> None:
        raw = connection.connection.driver_connection
        if self._is_now(raw, When.BEFORE_COMMIT):
            raise Crash

    def _at_commit(self, connection: Any) -> None:
        raw = connection.driver_connection
        if self._is_now(raw, When.BEFORE_COMMIT):
            raise Crash
        if self._is_now(raw, When.DURING_COMMIT):
            await_only(self._commit_and_cut(raw))
            raise Crash
        self._commit(connection)
        if self._is_now(raw, When.AFTER_COMMIT):
            raise Crash

    def _is_now(self, raw: Any, when: When) -> bool:
        """Count a step; at the last one note it, and hang up if that is how to crash."""
        armed = self._armed
        if armed is None or armed.when is not None:
            return False
        armed.steps -= 1
        if armed.steps >= 0:
            return False
        armed.when = when
        self._cut_backends.append(raw.get_server_pid())
        if armed.how is How.CUT and when is not When.DURING_COMMIT:
            raw.terminate()
            return when is When.AFTER_COMMIT  # before it, whatever uses the connection next finds out
        return True

    async def _commit_and_cut(self, raw: Any) -> None:
        """Send the commit and hang up at once: nobody knows what became of it."""
        sent = asyncio.ensure_future(raw.execute("COMMIT"))
        await asyncio.sleep(0)
        raw.terminate()
        await asyncio.gather(sent, return_exceptions=True)

    async def _settled(self) -> None:
        """Wait until the server has noticed that nobody is there any more, or has taken the connection back."""
        idle = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1) AND state <> 'idle'"
        async with asyncio.timeout(10), self.sessions() as session:
            raw: Any = (await (await session.connection()).get_raw_connection()).driver_connection
            cut = [pid for pid in self._cut_backends if pid != raw.get_server_pid()]
            while await raw.fetchval(idle, cut):
                await asyncio.sleep(0.001)
        self._cut_backends.clear()
