"""Finds imports that nobody works on, and courses whose playlist is due again, and sends for them.

It runs in the scheduler: in the import worker it would wait behind the very imports it looks after.
"""

import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import Clock, utc_now
from core.database import Sessions, make_sessions
from core.imports import due, requests
from core.settings import Settings
from events.tasks import IMPORT_PLAYLIST, TaskSender
from workers.chores import Chore

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


def chore(settings: Settings) -> Chore:
    """Return the sweep as the scheduler does it."""
    sender = TaskSender(settings.amqp_url.get_secret_value())

    async def work(engine: AsyncEngine) -> None:
        await sweep(make_sessions(engine), sender)

    return Chore("scheduler.sweep_imports", EVERY, settings, work, within=WITHIN)
