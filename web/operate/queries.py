"""Every SQL statement of the operators' pages. The tables belong to others; they only select."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import DeadLetterAction, OutboxMessage, PlaylistImport, User
from core.tables.imports import RUNNING


class Waiting(NamedTuple):
    """What waits in the outbox."""

    events: int
    oldest: datetime | None


class Done(NamedTuple):
    """What somebody did with a dead letter."""

    action: DeadLetterAction
    username: str | None

    @property
    def who(self) -> str:
        return self.username or f"{self.action.os_user} (command line)"


async def outbox(session: AsyncSession) -> Waiting:
    """Return how many events wait for the broker, and since when."""
    statement = select(func.coalesce(func.sum(OutboxMessage.events), 0), func.min(OutboxMessage.created_at))
    return Waiting._make((await session.execute(statement)).one())


async def running_imports(session: AsyncSession) -> int:
    """Return how many imports are under way."""
    running = PlaylistImport.status.in_([status.value for status in RUNNING])
    return await session.scalar(select(func.count()).where(running)) or 0


async def done_with_letters(session: AsyncSession, queue: str, limit: int) -> Sequence[Done]:
    """Return what was done last with the dead letters of a queue, newest first."""
    statement = (
        select(DeadLetterAction, User.username)
        .outerjoin(User, User.id == DeadLetterAction.user_id)
        .where(DeadLetterAction.queue == queue)
        .order_by(DeadLetterAction.id.desc())
        .limit(limit)
    )
    return [Done._make(row) for row in await session.execute(statement)]
