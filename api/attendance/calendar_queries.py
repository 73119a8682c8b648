"""Every statement on the school's calendar, which this slice owns."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import Holiday, StoredCalendar


async def stored(session: AsyncSession, *, to_change: bool = False) -> StoredCalendar | None:
    """Return the calendar without its holidays, None before it was ever set; keep others from changing it."""
    return await session.get(StoredCalendar, 1, with_for_update=to_change, populate_existing=True)


async def holidays(session: AsyncSession) -> Sequence[Holiday]:
    """Return all of them, by date."""
    return (await session.scalars(select(Holiday).order_by(Holiday.date))).all()


async def put(
    session: AsyncSession, weekdays: Sequence[int], names: Mapping[date, str], *, version: int
) -> bool:
    """Store a calendar in the place of the one before; return whether nobody was quicker."""
    values = {"weekdays": list(weekdays), "version": version}
    statement = insert(StoredCalendar).values(id=1, **values)
    written = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=values, where=StoredCalendar.version == version - 1
        ).returning(StoredCalendar.id)
    )
    if written is None:
        return False
    await session.execute(delete(Holiday))
    if names:
        rows = [{"date": day, "name": name} for day, name in names.items()]
        await session.execute(insert(Holiday), rows)
    return True
