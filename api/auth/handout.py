"""Passwords for students who have none, to be handed out on paper."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import service
from core.security import Passwords

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one on paper."""
PASSWORD_LENGTH = 10


async def give_passwords(
    transaction: Callable[[], AbstractAsyncContextManager[AsyncSession]],
    hashing: Passwords,
    students: Sequence[tuple[int, str]],
) -> AsyncIterator[tuple[str, str]]:
    """Give students (id, name) passwords one by one; yield name and password once it holds.

    Raises:
        Unavailable: the database is away, or too many people are signing in. What was yielded before holds.

    """
    for user_id, username in students:
        password = "".join(secrets.choice(LETTERS) for _ in range(PASSWORD_LENGTH))
        password_hash = await hashing.hash(password)
        async with transaction() as session:
            await service.set_password(session, user_id, password_hash)
        yield username, password
