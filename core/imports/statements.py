"""What the statements on imports have in common."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import RUNNING, ImportStatus, PlaylistImport

STALE_AFTER = timedelta(seconds=20)
"""A claimed import nobody has said a word about for so long is abandoned."""

CLAIMED = (ImportStatus.FETCHING.value, ImportStatus.IMPORTING.value)

NO_REASON: dict[str, Any] = {
    "paused_until": None,
    "finished_at": None,
    "reason_code": None,
    "reason": None,
}


def is_running() -> ColumnElement[bool]:
    """Choose imports that go on by themselves."""
    return PlaylistImport.status.in_([status.value for status in RUNNING])


def is_free(now: datetime) -> ColumnElement[bool]:
    """Choose imports a worker may take: queued, due again after a pause, or abandoned."""
    return (
        (PlaylistImport.status == ImportStatus.QUEUED.value)
        | (PlaylistImport.paused_until <= now)
        | and_(PlaylistImport.status.in_(CLAIMED), PlaylistImport.heartbeat_at < now - STALE_AFTER)
    )


async def change(session: AsyncSession, chosen: ColumnElement[bool], **values: Any) -> bool:
    """Update the imports that are chosen; return whether there are any."""
    changed = await session.execute(
        update(PlaylistImport).where(chosen).values(values).returning(PlaylistImport.id),
        execution_options={"synchronize_session": False},
    )
    return changed.first() is not None
