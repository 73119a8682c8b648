"""There is always somebody who can let others in."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict
from core.roles import Role
from core.tables import User

LAST_ADMIN = (
    "this is the last admin who can sign in: make another one first (`edutrack user create --role admin`)"
)


async def require_another_admin(session: AsyncSession, user_id: int) -> None:
    """Hold every admin until the transaction ends, where the user is one: two do not leave at once.

    Call it before the user's own row is locked.

    Raises:
        Conflict: nobody else could let others in.

    """
    if await session.scalar(select(User.role).where(User.id == user_id)) != Role.ADMIN:
        return
    active = select(User.id).where(User.role == Role.ADMIN.value, User.disabled_at.is_(None))
    admins = set(await session.scalars(active.order_by(User.id).with_for_update(key_share=True)))
    if admins == {user_id}:
        raise Conflict(LAST_ADMIN)
