"""Accounts: who may have one, and who somebody is. Raises `core.errors`; commits nothing.

Hashing a password takes long and waits for its turn, so nothing here does it within a transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import queries
from api.deps import DISABLED
from core.accounts import caseless
from core.errors import BadRequest, NotFound, Unauthenticated
from core.people.admins import require_another_admin
from core.roles import Role
from core.tables import User

TAKEN = "this username or e-mail address is taken: choose another one, or sign in"
WRONG_LOGIN = "wrong username or password, or a disabled account: try again, or ask an admin"
WRONG_CURRENT = "current_password is wrong: send the one you sign in with"
ADMIN_NEEDED = "only an admin can make an admin: send an admin's token, or sign up as a student"


async def sign_up(session: AsyncSession, username: str, email: str, password_hash: str, role: Role) -> int:
    """Add an account and return its id.

    Raises:
        BadRequest: name or address are taken; which of them is nobody's business.

    """
    user_id = await queries.add(
        session,
        username=username,
        username_key=caseless(username),
        email=email,
        email_key=caseless(email),
        password_hash=password_hash,
        role=role.value,
    )
    if user_id is None:
        raise BadRequest(TAKEN)
    return user_id


async def find(session: AsyncSession, username: str) -> User | None:
    """Return the account of a name, however it is spelled."""
    return await queries.by_key(session, caseless(username))


async def named(session: AsyncSession, username: str) -> User:
    """Return the account of a name.

    Raises:
        NotFound: there is none.

    """
    user = await find(session, username)
    if user is None:
        raise NotFound("there is no such user")
    return user


async def active(session: AsyncSession, user_id: int) -> User:
    """Return the account a token names.

    Raises:
        Unauthenticated: it is gone or disabled since.

    """
    user = await queries.by_id(session, user_id)
    if user is None or user.disabled_at is not None:
        raise Unauthenticated(DISABLED)
    return user


async def without_password(session: AsyncSession, course_id: int | None) -> Sequence[tuple[int, str]]:
    """Return id and name of the students who have no password, of one course or of all."""
    return await queries.without_password(session, course_id)


async def set_password(session: AsyncSession, user_id: int, password_hash: str) -> None:
    """Replace a password."""
    await queries.set_password(session, user_id, password_hash)


async def set_disabled(session: AsyncSession, user_id: int, at: datetime | None) -> None:
    """Disable an account since an instant, or enable it with None.

    Raises:
        Conflict: nobody would be left who can let others in.

    """
    if at is not None:
        await require_another_admin(session, user_id)
    await queries.set_disabled(session, user_id, at)
