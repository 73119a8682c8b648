"""Every statement that writes corrections and their trail; this slice owns both tables."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Correction, CorrectionEntry, User

_LOCK_USER = text("SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE")


async def lock_user(session: AsyncSession, user_id: int) -> None:
    """Keep others from correcting the user's days until the transaction ends; no such user is no matter."""
    await session.execute(_LOCK_USER, {"user_id": user_id})


async def add_entry(session: AsyncSession, **values: Any) -> int:
    """Append to the trail and return the entry's id."""
    statement = insert(CorrectionEntry).values(values).returning(CorrectionEntry.id)
    return (await session.scalars(statement)).one()


async def put(session: AsyncSession, user_id: int, day: date, **values: Any) -> None:
    """Let a correction stand, in the place of another one if there is one."""
    statement = insert(Correction).values(user_id=user_id, date=day, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["user_id", "date"], set_=values))


async def remove(session: AsyncSession, user_id: int, day: date) -> None:
    """Let no correction stand."""
    await session.execute(delete(Correction).where(Correction.user_id == user_id, Correction.date == day))


async def trail(
    session: AsyncSession, user_id: int, day: date, *, after: int, limit: int
) -> Sequence[Row[Any]]:
    """Return what was ever said of a day, oldest first, from the entry after `after`."""
    entry = CorrectionEntry
    statement = (
        select(
            *(entry.id, entry.at, entry.by, User.username.label("by_username"), entry.action),
            *(entry.old_status, entry.old_reason, entry.new_status, entry.reason),
        )
        .join(User, User.id == entry.by)
        .where(entry.user_id == user_id, entry.date == day, entry.id > after)
    )
    return list(await session.execute(statement.order_by(entry.id).limit(limit)))
