"""`/manage/users`: who may sign in."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from starlette.responses import Response

from api.auth import service
from api.auth.people_routes import YOURSELF as NOT_YOURSELF
from api.auth.people_routes import as_file
from api.auth.schemas import SignUp
from api.deps import PathId
from core.accounts import caseless
from core.errors import BadRequest, Conflict, EduTrackError
from core.people import erasing, exporting
from core.roles import ERASED, Role
from web.doors import Admin, SentForm, Visit
from web.inputs import read
from web.manage import queries
from web.pages import go_to, page, page_router

router = page_router("/manage/users")

PAGE_ROWS = 100
YOURSELF = "you cannot disable the account you are signed in with: ask another admin"

NOT_CONFIRMED = "type the username exactly, so that nobody else is erased"

Words = Annotated[str, Query(alias="q", max_length=200)]
After = Annotated[int, Query(ge=0, le=2**63 - 1)]


@router.get("")
async def users(
    visit: Admin, words: Words = "", role: str = "", after: After = 0, done: Annotated[str, Query()] = ""
) -> Response:
    return await _page(visit, words=words, role=role, after=after, done=done)


@router.post("")
async def add(visit: Admin, form: SentForm) -> Response:
    try:
        asked = read(SignUp, {**form.typed, "password": form.as_typed("password")})
        password_hash = await visit.state.passwords.hash(asked.password)
        async with visit.transaction() as session:
            await service.sign_up(session, asked.username, asked.email, password_hash, asked.role)
    except EduTrackError as error:
        return await _page(visit, error=error, typed=form.typed)
    return go_to(visit, f"/manage/users?{urlencode({'q': asked.username, 'done': 'added'})}")


@router.post("/{user_id}/disable")
async def disable(visit: Admin, user_id: PathId, _: SentForm) -> Response:
    if user_id == visit.user.id:
        raise Conflict(YOURSELF)
    async with visit.transaction() as session:
        await service.set_disabled(session, user_id, visit.state.clock())
    return go_to(visit, "/manage/users?done=disabled")


@router.post("/{user_id}/enable")
async def enable(visit: Admin, user_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await service.set_disabled(session, user_id, None)
    return go_to(visit, "/manage/users?done=enabled")


@router.get("/{user_id}")
async def one(visit: Admin, user_id: PathId) -> Response:
    return await _one(visit, user_id)


@router.get("/{user_id}/export")
async def export(visit: Admin, user_id: PathId) -> Response:
    async with visit.transaction() as session:
        await exporting.find(session, user_id)
    return as_file(visit.state, user_id)


@router.post("/{user_id}/erase")
async def erase(visit: Admin, user_id: PathId, form: SentForm) -> Response:
    """Erase somebody whose name was typed to confirm it."""
    try:
        async with visit.transaction() as session:
            person = await queries.person(session, user_id)
            if caseless(form["username"]) != caseless(person.username):
                raise BadRequest(NOT_CONFIRMED)
            if user_id == visit.user.id:
                raise Conflict(NOT_YOURSELF)
            await erasing.erase(session, user_id)
    except EduTrackError as error:
        return await _one(visit, user_id, error=error, typed=form["username"])
    return go_to(visit, "/manage/users?done=erased")


async def _one(
    visit: Visit, user_id: int, *, error: EduTrackError | None = None, typed: str = ""
) -> Response:
    async with visit.transaction() as session:
        person = await queries.person(session, user_id)
    is_erased = person.role == ERASED
    return page(visit, "manage/user.html", error=error, person=person, typed=typed, is_erased=is_erased)


async def _page(
    visit: Visit,
    *,
    words: str = "",
    role: str = "",
    after: int = 0,
    done: str = "",
    error: EduTrackError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    async with visit.transaction() as session:
        people = await queries.people(
            session, words=caseless(words.strip()), role=role, after=after, limit=PAGE_ROWS + 1
        )
    return page(
        visit,
        "manage/users.html",
        error=error,
        people=people[:PAGE_ROWS],
        more=len(people) > PAGE_ROWS,
        words=words,
        role=role,
        after=after,
        roles=list(Role),
        done=done,
        typed=typed or {},
    )
