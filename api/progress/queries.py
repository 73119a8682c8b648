"""Every SQL statement of the slice. The tables belong to others; this slice only selects."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Progress, Video


async def existing_videos(session: AsyncSession, video_ids: Collection[int] | None) -> set[int]:
    """Return those of the ids that are videos; of None, all videos there are."""
    statement = select(Video.id)
    if video_ids is not None:
        statement = statement.where(Video.id.in_(video_ids))
    return set(await session.scalars(statement))


async def history(
    session: AsyncSession,
    user_id: int,
    video_id: int,
    *,
    first: date | None,
    last: date | None,
    before: date | None,
    limit: int,
) -> Sequence[Progress]:
    """Return a user's rows on a video, newest first, from the day before `before`."""
    statement = select(Progress).where(Progress.user_id == user_id, Progress.video_id == video_id)
    if first is not None:
        statement = statement.where(Progress.date >= first)
    if last is not None:
        statement = statement.where(Progress.date <= last)
    if before is not None:
        statement = statement.where(Progress.date < before)
    return (await session.scalars(statement.order_by(Progress.date.desc()).limit(limit))).all()
