"""Every SQL statement of the pages' frame. The tables belong to others; it only selects."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.roles import Role
from core.tables import User


class Account(NamedTuple):
    """Somebody who may sign in, as stored now."""

    id: int
    username: str
    role: Role
    password_hash: str


async def account(session: AsyncSession, user_id: int) -> Account | None:
    """Return an account; None where it is gone or disabled."""
    statement = select(User.id, User.username, User.role, User.password_hash)
    found = await session.execute(statement.where(User.id == user_id, User.disabled_at.is_(None)))
    row = found.one_or_none()
    return None if row is None else Account(row.id, row.username, Role(row.role), row.password_hash)
