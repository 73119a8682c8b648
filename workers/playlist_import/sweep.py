"""Finds imports that nobody works on, and courses whose playlist is due again, and sends for them.

It runs in the scheduler: in the import worker it would wait behind the very imports it looks after.
"""

import asyncio
import logging
from datetime import timedelta

from core.clock import Clock, utc_now
from core.database import SILENT_MS, Sessions, close, is_away, make_engine, make_sessions
from core.imports import due, requests
from core.settings import Settings
from events.tasks import IMPORT_PLAYLIST, TaskSender

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)
WITHIN = timedelta(seconds=20)


async def sweep(sessions: Sessions, sender: TaskSender, clock: Clock = utc_now) -> int:
    """Send what somebody should work on, and return how many imports that was. Twice does no harm."""
    none_waits = not await sender.waiting()
    async with sessions.begin() as session:
        for course_id in await due.courses_to_resync(session, clock()):
            again = await requests.request(session, course_id, None)
            log.info("course %d is imported again, as its schedule asks for: import %d", course_id, again.id)
    async with sessions.begin() as session:
        waiting = await due.to_send(session, clock(), none_waits=none_waits)
    for sent, import_id in enumerate(waiting):
        if not await _send(sessions, sender, import_id):
            return sent
    return len(waiting)


async def _send(sessions: Sessions, sender: TaskSender, import_id: int) -> bool:
    """Send one. Noted before: a worker may take it at once, and notes that nothing is on its way."""
    async with sessions.begin() as session:
        await requests.sent(session, import_id)
    if await sender.send(IMPORT_PLAYLIST, import_id):
        return True
    async with sessions.begin() as session:
        await requests.sent(session, import_id, it_was=False)
    return False


class Sweeper:
    """Sweeps from a thread without an event loop. That a server is away is a line in the log."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = TaskSender(settings.amqp_url.get_secret_value())

    def __call__(self) -> None:
        """Sweep once. Blocks; never raises."""
        try:
            asyncio.run(self._sweep())
        except Exception as error:
            if not is_away(error):
                log.exception("no sweep for imports")
            else:
                log.warning("no sweep for imports: PostgreSQL is away (%s)", type(error).__name__)

    async def _sweep(self) -> None:
        engine = make_engine(
            self._settings, pool_size=1, application="edutrack-scheduler", silent_ms=SILENT_MS
        )
        try:
            async with asyncio.timeout(WITHIN.total_seconds()):
                await sweep(make_sessions(engine), self._sender)
        finally:
            await close(engine)
