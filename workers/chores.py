"""Work that the scheduler does itself, because in a worker it would wait behind what it looks after."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import SILENT_MS, close, is_away, make_engine
from core.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Does `work` once whenever it is called, in a thread without an event loop.

    Whatever it raises is in the log, and the next call tries again; a server that is away is one line there.
    """

    name: str
    every: timedelta
    settings: Settings
    work: Callable[[AsyncEngine], Awaitable[object]]
    connections: int = 1
    within: timedelta | None = None

    def __call__(self) -> None:
        """Blocks until it is done; never raises."""
        try:
            asyncio.run(self._do())
        except Exception as error:
            if not is_away(error):
                log.exception("%s failed", self.name)
            else:
                log.warning("%s waits: PostgreSQL is away (%s)", self.name, type(error).__name__)

    async def _do(self) -> None:
        engine = make_engine(
            self.settings, pool_size=self.connections, application="edutrack-scheduler", silent_ms=SILENT_MS
        )
        try:
            async with asyncio.timeout(self.within.total_seconds() if self.within else None):
                await self.work(engine)
        finally:
            await close(engine)
