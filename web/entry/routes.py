"""Signing in and out, where to begin, and the files every page loads."""

from typing import Annotated

from fastapi import Query
from starlette.responses import RedirectResponse, Response

from api.auth.entrance import authenticate
from api.deps import AppState
from core.errors import EduTrackError, NotFound
from core.roles import Role
from web.assets import PREFIX
from web.desk import Desk
from web.doors import REST, Anybody, SentForm, Somebody, is_local
from web.pages import HEADERS, give_session, go_to, page, page_router
from web.sessions import seal_of

router = page_router()
rest = page_router()
"""What is left below the addresses of pages; to be included last."""

HOMES = {Role.STUDENT: "/learn", Role.ADMIN: "/reports"}
NO_PAGE = "there is no page at this address: it may have been mistyped"
SIGN_IN = "entry/sign_in.html"

Next = Annotated[str, Query(alias="next", description="Where to go afterwards")]


@router.get("/")
async def home(visit: Somebody) -> Response:
    return RedirectResponse(HOMES[visit.user.role], 303, headers=HEADERS)


@router.get("/sign-in")
async def ask(visit: Anybody, following: Next = "/", lost: bool = False) -> Response:
    """Ask who it is; `lost` where a form was sent that could not be taken."""
    following = following if is_local(following) else "/"
    if visit.account is not None:
        return go_to(visit, following)
    return page(visit, SIGN_IN, username="", following=following, lost=lost)


@router.post("/sign-in")
async def sign_in(visit: Anybody, form: SentForm) -> Response:
    following = form["next"] if is_local(form["next"]) else "/"
    try:
        account = await authenticate(
            visit.state, visit.request.client, form["username"], form.as_typed("password")
        )
    except EduTrackError as error:
        return page(visit, SIGN_IN, error=error, username=form["username"], following=following, lost=False)
    answer = go_to(visit, following)
    session = visit.desk.sessions.begin(account.id, seal_of(account.password_hash))
    give_session(answer, visit, visit.desk.sessions.write(session))
    return answer


@router.post("/sign-out")
async def sign_out(visit: Anybody, _: SentForm) -> Response:
    await visit.desk.sessions.end(visit.session)
    answer = go_to(visit, "/sign-in")
    give_session(answer, visit, visit.desk.sessions.write(visit.desk.sessions.begin()))
    return answer


async def nothing(_: Somebody) -> Response:
    """Say on a page that there is none."""
    raise NotFound(NO_PAGE)


for prefix in ("learn", "my-attendance", "reports", "manage", "operate"):
    rest.add_api_route(f"/{prefix}{REST}", nothing)


@router.get(PREFIX + "/{version}/{name:path}")
async def file(state: AppState, version: str, name: str) -> Response:
    return state.part(Desk).assets.answer(version, name)
