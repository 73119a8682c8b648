"""What routes ask for, as annotated types.

Everything here is a coroutine, because FastAPI sends plain functions through its thread pool. Routes name
who may call them first: dependencies are solved in order, and nobody learns what is wrong with a request
they may not make.
"""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import OAuth2PasswordBearer
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticKnownError
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.credentials import claims_of
from api.state import State
from core.errors import BadRequest, Forbidden, NotFound, Unauthenticated
from core.roles import Role
from core.security import MAX_ID, Claims

DISABLED = "this account is disabled: ask an admin to enable it"
FOR_ADMINS = "this is for admins: sign in as one"
FOR_STUDENTS = "this is for students: sign in as one"
NO_SUCH_ID = "there is nothing with this id"
NO_TEXT = "text must be valid Unicode without NUL characters"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
SCOPES = {role.value: f"For {role.value}s" for role in Role}


async def app_state(request: Request) -> State:
    """Return what this process has at hand."""
    state: State = request.app.state.edutrack
    return state


AppState = Annotated[State, Depends(app_state)]


async def _session(state: AppState) -> AsyncIterator[AsyncSession]:
    async with state.transaction() as session:
        yield session


# Scope "function": the commit comes before the answer, so that no answer promises what was rolled back.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]


class _AccessToken(OAuth2PasswordBearer):
    """The scheme behind the Authorize button, and the reading of tokens itself: one dependency, not two."""

    async def __call__(self, request: Request) -> Claims:  # type: ignore[override]
        return claims_of(request.scope, request.app.state.edutrack.tokens)


CurrentUser = Annotated[
    Claims, Security(_AccessToken(tokenUrl="/auth/token", scheme_name="password", scopes=SCOPES))
]
"""Whoever the token names, of any role."""


def require_student(user: Claims) -> Claims:
    """Return the student a token names.

    Raises:
        Forbidden: it names somebody else.

    """
    if user.role is not Role.STUDENT:
        raise Forbidden(FOR_STUDENTS)
    return user


async def _student(user: CurrentUser) -> Claims:
    return require_student(user)


Student = Annotated[Claims, Security(_student, scopes=[Role.STUDENT.value])]


async def require_active(session: AsyncSession, user: Claims) -> queries.Standing:
    """Hold a user against the database, which knows more than a token of an hour ago.

    Raises:
        Unauthenticated: the account is gone or disabled.

    """
    standing = await queries.standing(session, user.user_id)
    if standing is None or standing.disabled:
        raise Unauthenticated(DISABLED)
    return standing


async def _active(user: CurrentUser, session: Session) -> Claims:
    await require_active(session, user)
    return user


ActiveUser = Annotated[Claims, Depends(_active)]
"""`CurrentUser`, held against the database in the request's transaction: for what reads from there anyway."""


async def require_admin(session: AsyncSession, user: Claims) -> None:
    """As `require_active`, and hold the role against it too.

    Raises:
        Unauthenticated: the account is gone or disabled.
        Forbidden: it is no admin's.

    """
    standing = await require_active(session, user)
    if standing.role != Role.ADMIN:
        raise Forbidden(FOR_ADMINS)


async def _admin(user: CurrentUser, session: Session) -> Claims:
    await require_admin(session, user)
    return user


Admin = Annotated[Claims, Security(_admin, scopes=[Role.ADMIN.value])]
"""An admin, by what the database says now; shares the request's transaction."""


def _storable(value: int) -> int:
    if not 0 < value <= MAX_ID:
        raise NotFound(NO_SUCH_ID)
    return value


def _plain(value: str) -> str:
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadRequest(NO_TEXT)
    return value


def plain_number(value: object) -> object:
    """Let a number pass that is written as JSON would, and none of the other spellings pydantic reads."""
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        raise PydanticKnownError("int_parsing")
    return value


PathId = Annotated[int, Path(examples=[1]), BeforeValidator(plain_number), AfterValidator(_storable)]
"""An id in a path; one that no row can have is not found, instead of an error of the database."""

Text = Annotated[str, AfterValidator(_plain)]
"""Text that can be stored and hashed."""
