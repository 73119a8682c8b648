"""`/auth`: signing up and in, and who one is."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response

from api.auth import entrance, service
from api.auth.entrance import address_of, authenticate
from api.auth.limits import TOO_OFTEN, Limiter
from api.auth.schemas import AccessToken, Done, Login, Me, PasswordChange, SignedUp, SignUp
from api.credentials import claims_of, token_of
from api.deps import DISABLED, NO_TEXT, AppState, CurrentUser, Session, Text, require_admin
from api.openapi import refusals
from api.state import State
from core.accounts import caseless
from core.errors import BadRequest, Forbidden, TooManyRequests, Unauthenticated
from core.roles import Role
from core.security import INVALID

router = APIRouter(prefix="/auth", tags=["auth"])

_LOGIN_REFUSALS = refusals(
    (BadRequest, NO_TEXT), (Unauthenticated, service.WRONG_LOGIN), (TooManyRequests, TOO_OFTEN)
)


async def _limiter(state: AppState) -> Limiter:
    return state.part(Limiter)


Limits = Annotated[Limiter, Depends(_limiter)]


@router.post(
    "/signup",
    status_code=201,
    summary="Make an account",
    responses=refusals(
        (BadRequest, NO_TEXT),
        (BadRequest, service.TAKEN),
        (Unauthenticated, INVALID),
        (Forbidden, service.ADMIN_NEEDED),
        (TooManyRequests, TOO_OFTEN),
    ),
)
async def sign_up(asked: SignUp, request: Request, state: AppState, limits: Limits) -> SignedUp:
    """`role: admin` needs an admin's token, except in development."""
    await limits.check("signup", address_of(request.client), caseless(asked.username))
    if asked.role is Role.ADMIN:
        await _let_admins_be_made(request, state)
    password_hash = await state.passwords.hash(asked.password)
    async with state.transaction() as session:
        user_id = await service.sign_up(session, asked.username, asked.email, password_hash, asked.role)
    return SignedUp(message="The account was created.", user_id=user_id)


@router.post("/login", summary="Sign in", responses=_LOGIN_REFUSALS)
async def login(asked: Login, request: Request, response: Response, state: AppState) -> AccessToken:
    """An unknown user and a wrong password are answered alike, after the same work."""
    return await _sign_in(asked.username, asked.password, request, response, state)


@router.post("/token", summary="Sign in, as OAuth2 has it", responses=_LOGIN_REFUSALS)
async def token(
    username: Annotated[Text, Form(examples=["ada"])],
    password: Annotated[
        Text, Form(examples=["correct horse battery"], json_schema_extra={"format": "password"})
    ],
    request: Request,
    response: Response,
    state: AppState,
    grant_type: Annotated[Literal["password"], Form()] = "password",  # noqa: ARG001 - part of the form
) -> AccessToken:
    """The form behind the Authorize button (RFC 6749 section 4.3); otherwise like `/auth/login`."""
    return await _sign_in(username, password, request, response, state)


@router.get("/users/me", summary="Who I am", responses=refusals((Unauthenticated, DISABLED)))
async def me(user: CurrentUser, session: Session) -> Me:
    """What is stored now, not what the token says."""
    account = await service.active(session, user.user_id)
    return Me(id=account.id, username=account.username, email=account.email, role=Role(account.role))


@router.post(
    "/password",
    summary="Change my password",
    responses=refusals(
        (BadRequest, NO_TEXT),
        (BadRequest, service.WRONG_CURRENT),
        (Unauthenticated, DISABLED),
        (TooManyRequests, TOO_OFTEN),
    ),
)
async def change_password(
    user: CurrentUser, asked: PasswordChange, request: Request, state: AppState
) -> Done:
    """Tokens that were issued before stay valid until they expire."""
    await entrance.change_password(state, request.client, user, asked)
    return Done(message="The password was changed.")


async def _sign_in(
    username: str, password: str, request: Request, response: Response, state: State
) -> AccessToken:
    account = await authenticate(state, request.client, username, password)
    response.headers["Cache-Control"] = "no-store"
    return AccessToken(
        access_token=state.tokens.issue(account.id, account.username, Role(account.role)),
        expires_in=state.settings.token_minutes * 60,
    )


async def _let_admins_be_made(request: Request, state: State) -> None:
    if state.settings.env == "development":
        return
    if token_of(request.scope) is None:
        raise Forbidden(service.ADMIN_NEEDED)
    async with state.transaction() as session:
        await require_admin(session, claims_of(request.scope, state.tokens))
