"""Statements on rules; `core.attendance` owns the table."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import AttendanceRule


async def all_rules(session: AsyncSession, *, after: int, limit: int) -> Sequence[AttendanceRule]:
    """Return rules by id, from the one after `after`."""
    statement = select(AttendanceRule).where(AttendanceRule.id > after).order_by(AttendanceRule.id)
    return (await session.scalars(statement.limit(limit))).all()
