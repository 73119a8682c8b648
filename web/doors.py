"""Who visits a page, and whether a form may be taken: what the pages' routes ask for, as annotated types.

Routes name who may visit first, then the form: nobody learns what is wrong with a form they may not send.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.routing import iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.deps import FOR_ADMINS, FOR_STUDENTS, NO_TEXT, AppState
from api.state import State
from core.errors import BadRequest, Forbidden
from core.roles import Role
from core.security import Claims
from web import queries
from web.desk import Desk
from web.queries import Account
from web.sessions import COOKIE, SECURE_COOKIE, Session, seal_of

FIELD = "form_token"
"""Where every form of ours carries what shows that it is."""

REST = "/{rest:path}"
"""How addresses end at which there is nothing."""

FOREIGN = "this form was sent from somewhere else: open the page here, and send it from there"
STALE = "this form is older than your session, and was not taken: open its page again, and send it from there"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser. `account` is whoever is signed in, as the database knows them now."""

    request: Request
    state: State
    desk: Desk
    session: Session
    account: Account | None
    is_new: bool
    """Whether the browser has yet to be given the session."""

    @property
    def user(self) -> Account:
        """Whoever is signed in; for pages that let in nobody else."""
        assert self.account is not None, "the door of this page lets anybody in"
        return self.account

    @property
    def claims(self) -> Claims:
        """What an access token of the visitor would say."""
        return Claims(self.user.id, self.user.username, self.user.role, self.session.expires_at)

    @property
    def wants_part(self) -> bool:
        """Whether htmx asks for a part of the page, to put in its place."""
        return "hx-request" in self.request.headers

    @property
    def form_token(self) -> str:
        return self.desk.sessions.form_token(self.session)

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Run one transaction, as `State.transaction` does."""
        return self.state.transaction()


async def _visit(request: Request, state: AppState) -> Visit:
    desk = state.part(Desk)
    session = desk.sessions.read(request.cookies.get(cookie_name(request)))
    is_new = session is None or await desk.sessions.has_ended(session)
    account = None
    if session is None or is_new:
        session = desk.sessions.begin()
    elif session.user_id is not None:
        async with state.transaction() as database:
            account = await queries.account(database, session.user_id)
        if account is not None and seal_of(account.password_hash) != session.seal:
            account = None
    visit = Visit(request, state, desk, session, account, is_new)
    request.state.visit = visit
    return visit


def stranger(request: Request) -> Visit:
    """Return the visit of whoever it may be, who is given no session: for pages that say what went wrong."""
    state: State = request.app.state.edutrack
    desk = state.part(Desk)
    return Visit(request, state, desk, desk.sessions.begin(), account=None, is_new=False)


Anybody = Annotated[Visit, Depends(_visit)]


async def _somebody(visit: Anybody) -> Visit:
    if visit.account is None:
        raise _to_sign_in(visit)
    return visit


Somebody = Annotated[Visit, Depends(_somebody)]
"""Whoever is signed in; others are sent to sign in, and come back."""


async def _student(visit: Somebody) -> Visit:
    if visit.user.role is not Role.STUDENT:
        raise Forbidden(FOR_STUDENTS)
    return visit


async def _admin(visit: Somebody) -> Visit:
    if visit.user.role is not Role.ADMIN:
        raise Forbidden(FOR_ADMINS)
    return visit


Student = Annotated[Visit, Depends(_student)]
Admin = Annotated[Visit, Depends(_admin)]


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was sent from a page of ours, in this session."""

    fields: FormData

    def __getitem__(self, name: str) -> str:
        """Return what was typed into a field, without spaces around it; nothing where it is not there."""
        return self.as_typed(name).strip()

    def as_typed(self, name: str) -> str:
        """Return the same with its spaces: a password may begin with one."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """Return what was chosen of a field that may be there several times."""
        return [value for value in self.fields.getlist(name) if isinstance(value, str)]

    def upload(self, name: str) -> UploadFile | None:
        """Return a file; None where none was chosen."""
        value = self.fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    @property
    def typed(self) -> Mapping[str, str]:
        """What was typed, to show it again beside what is wrong with it; passwords are not kept."""
        secret = {FIELD, "password", "new_password", "current_password"}
        return {name: str(value) for name, value in self.fields.items() if name not in secret}


async def _form(request: Request, visit: Anybody) -> Form:
    if request.headers.get("origin") != own_origin(request):
        raise Forbidden(FOREIGN)
    fields = await request.form()
    for value in fields.values():
        if isinstance(value, str) and "\0" in value:
            raise BadRequest(NO_TEXT)
    form = Form(fields)
    if not visit.desk.sessions.is_form_token(form[FIELD], visit.session):
        raise Forbidden(STALE)
    return form


SentForm = Annotated[Form, Depends(_form)]
"""What was sent, after Origin and token were held against this site and this session."""


def own_origin(request: Request) -> str:
    """Return what a browser says of forms on our own pages."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def cookie_name(request: Request) -> str:
    """Return what the session's cookie is called here."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def is_local(address: str) -> bool:
    """Return whether an address leads to a page of this site; others are open redirects."""
    return address.startswith("/") and not address.startswith("//") and not set(address) & set("\\\t\r\n")


def page_of_form(request: Request) -> str:
    """Return the page a form was sent from, as the browser says; "" where it names none of ours.

    A form that was refused is shown at the address it was sent to; where that is no page, its page is above.
    """
    here = request.headers.get("referer", "").removeprefix(own_origin(request))
    if not is_local(here):
        return ""
    path = here.partition("?")[0]
    if _is_page(request, path):
        return here
    if not _patterns(request, path, "POST"):
        return ""
    while path and not _is_page(request, path):
        path = path.rpartition("/")[0]
    return path


def _is_page(request: Request, path: str) -> bool:
    shown = _patterns(request, path, "GET")
    return bool(shown) and _patterns(request, path, "POST") <= shown


def _patterns(request: Request, path: str, method: str) -> set[str]:
    """Return what routes that take a method call a path, but for those that say there is nothing."""
    return {
        str(route.path)
        for route in iter_route_contexts(request.app.routes)
        if method in (route.methods or ()) and not str(route.path).endswith(REST)
        if (regex := getattr(route, "path_regex", None)) is not None and regex.match(path)
    }


def _to_sign_in(visit: Visit) -> HTTPException:
    request = visit.request
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    if request.method != "GET" or visit.wants_part:
        here = page_of_form(request)
    asked = {"next": here} if here not in {"", "/"} else {}
    if request.method == "POST" and request.headers.get("origin") == own_origin(request):
        asked["lost"] = "true"
    location = f"/sign-in?{urlencode(asked)}" if asked else "/sign-in"
    if visit.wants_part:  # htmx would follow a redirect, and put the sign-in page into this one
        return HTTPException(HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": location})
    return HTTPException(HTTPStatus.SEE_OTHER, headers={"Location": location})
