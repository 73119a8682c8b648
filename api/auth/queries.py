"""Every SQL statement of the slice, which owns the table `users`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.accounts import NO_PASSWORD
from core.roles import Role
from core.tables import Registration, User


async def add(
    session: AsyncSession,
    *,
    username: str,
    username_key: str,
    email: str,
    email_key: str,
    password_hash: str,
    role: str,
) -> int | None:
    """Add a user and return the id, or None where name or address are taken, also by somebody just now."""
    statement = insert(User).values(
        username=username,
        username_key=username_key,
        email=email,
        email_key=email_key,
        password_hash=password_hash,
        role=role,
    )
    return await session.scalar(statement.on_conflict_do_nothing().returning(User.id))


async def by_key(session: AsyncSession, username_key: str) -> User | None:
    """Return the user with this caseless name."""
    return await session.scalar(select(User).where(User.username_key == username_key))


async def by_id(session: AsyncSession, user_id: int) -> User | None:
    """Return the user with this id."""
    return await session.get(User, user_id)


async def without_password(session: AsyncSession, course_id: int | None) -> Sequence[tuple[int, str]]:
    """Return id and name of students without a password, by name; of one course, or of all."""
    statement = select(User.id, User.username).where(
        User.password_hash == NO_PASSWORD, User.role == Role.STUDENT.value
    )
    if course_id is not None:
        places = select(Registration.user_id).where(Registration.course_id == course_id)
        statement = statement.where(User.id.in_(places))
    return [(user_id, name) for user_id, name in await session.execute(statement.order_by(User.username_key))]


async def set_password(session: AsyncSession, user_id: int, password_hash: str) -> None:
    """Replace a password."""
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def set_disabled(session: AsyncSession, user_id: int, at: datetime | None) -> None:
    """Disable an account since an instant, or enable it with None."""
    await session.execute(update(User).where(User.id == user_id).values(disabled_at=at))
