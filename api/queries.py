"""Every SQL statement of the frame. The tables belong to others; the frame only selects."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import User


class Standing(NamedTuple):
    """What somebody is now, whatever an older token says."""

    role: str
    disabled: bool


async def standing(session: AsyncSession, user_id: int) -> Standing | None:
    """Return a user's standing, or None if there is no such user."""
    found = await session.execute(select(User.role, User.disabled_at).where(User.id == user_id))
    row = found.one_or_none()
    return None if row is None else Standing(row.role, row.disabled_at is not None)
