"""Imports and courses that somebody should see to, and nobody does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.imports.statements import is_free, is_running
from core.tables import Course, PlaylistImport

SEND_AGAIN_AFTER = timedelta(seconds=30)
"""How long a message to the workers is trusted to be on its way."""


async def to_send(
    session: AsyncSession, now: datetime, *, none_waits: bool = True, limit: int = 100
) -> Sequence[int]:
    """Return imports somebody should work on and nobody seems to: queued, due again, or abandoned.

    What was sent a while ago has to be sent again only where no message waits in the queue: else it may be
    there, behind others.
    """
    unsent = PlaylistImport.sent_at.is_(None)
    lost = and_(PlaylistImport.sent_at < now - SEND_AGAIN_AFTER, literal(none_waits))
    statement = select(PlaylistImport.id).where(is_running(), is_free(now), or_(unsent, lost))
    return (await session.scalars(statement.order_by(PlaylistImport.id).limit(limit))).all()


async def courses_to_resync(session: AsyncSession, now: datetime, limit: int = 100) -> Sequence[int]:
    """Return courses whose last import is older than they want it to be, and that have none under way."""
    last = (
        select(func.max(func.coalesce(PlaylistImport.finished_at, PlaylistImport.created_at)))
        .where(PlaylistImport.course_id == Course.id)
        .scalar_subquery()
    )
    running = select(PlaylistImport.id).where(PlaylistImport.course_id == Course.id, is_running()).exists()
    due = func.coalesce(last, Course.created_at) < now - func.make_interval(0, 0, 0, 0, Course.resync_hours)
    statement = select(Course.id).where(
        Course.resync_hours.is_not(None),
        Course.playlist_id.is_not(None),
        Course.archived_at.is_(None),
        due,
        ~running,
    )
    return (await session.scalars(statement.order_by(Course.id).limit(limit))).all()
