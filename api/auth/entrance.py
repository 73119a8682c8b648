"""Telling who somebody is by a password: one way in for the API and for the pages."""

from starlette.datastructures import Address

from api.auth import service
from api.auth.limits import Limiter
from api.auth.schemas import PasswordChange
from api.state import State
from core.accounts import caseless
from core.errors import BadRequest, Unauthenticated
from core.security import Claims
from core.tables import User


async def authenticate(state: State, client: Address | None, username: str, password: str) -> User:
    """Return the account of a name and its password. `client` is where the request comes from.

    An unknown user and a wrong password are answered alike, after the same work.

    Raises:
        TooManyRequests: too often, from there or on this account.
        Unauthenticated: they do not belong together, or the account is disabled.
        Unavailable: the database is away, or too many people are signing in.

    """
    await state.part(Limiter).check("login", address_of(client), caseless(username))
    async with state.transaction() as session:
        account = await service.find(session, username)
    matches = await state.passwords.verify(password, account.password_hash if account else None)
    if account is None or not matches or account.disabled_at is not None:
        raise Unauthenticated(service.WRONG_LOGIN)
    return account


async def change_password(state: State, client: Address | None, user: Claims, asked: PasswordChange) -> str:
    """Replace the password of who is signed in, and return the hash of the new one.

    Raises:
        BadRequest: the current password is wrong.
        TooManyRequests: too often, from there or on this account.
        Unauthenticated: the account is gone or disabled.
        Unavailable: the database is away, or too many people are signing in.

    """
    await state.part(Limiter).check("login", address_of(client), caseless(user.username))
    async with state.transaction() as session:
        account = await service.active(session, user.user_id)
    if not await state.passwords.verify(asked.current_password, account.password_hash):
        raise BadRequest(service.WRONG_CURRENT)
    password_hash = await state.passwords.hash(asked.new_password)
    async with state.transaction() as session:
        await service.set_password(session, account.id, password_hash)
    return password_hash


def address_of(client: Address | None) -> str:
    """Return an address to count attempts by."""
    return client.host if client else "unknown"
