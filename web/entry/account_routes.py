"""`/account` and `/sign-up`: an account of one's own, its password, and everything that is kept about one."""

from starlette.responses import Response

from api.auth import service
from api.auth.entrance import address_of, change_password
from api.auth.limits import Limiter
from api.auth.people_routes import as_file
from api.auth.schemas import PasswordChange, SignUp
from core.accounts import caseless
from core.errors import EduTrackError
from web.doors import Anybody, SentForm, Somebody, Visit
from web.inputs import read
from web.pages import give_session, go_to, page, page_router
from web.sessions import seal_of

router = page_router()

SIGN_UP = "entry/sign_up.html"
ACCOUNT = "entry/account.html"


@router.get("/sign-up")
async def ask(visit: Anybody) -> Response:
    if visit.account is not None:
        return go_to(visit, "/")
    return page(visit, SIGN_UP, typed={})


@router.post("/sign-up")
async def sign_up(visit: Anybody, form: SentForm) -> Response:
    """Make a student's account, and sign in with it."""
    names = {name: form[name] for name in ("username", "email")}
    limiter = visit.state.part(Limiter)
    try:
        await limiter.check("signup", address_of(visit.request.client), caseless(names["username"]))
        asked = read(SignUp, {**names, "password": form.as_typed("password")})
        password_hash = await visit.state.passwords.hash(asked.password)
        async with visit.transaction() as session:
            user_id = await service.sign_up(session, asked.username, asked.email, password_hash, asked.role)
    except EduTrackError as error:
        return page(visit, SIGN_UP, error=error, typed=names)
    return _signed_in(visit, user_id, password_hash, "/")


@router.get("/account")
async def account(visit: Somebody, done: str = "") -> Response:
    return page(visit, ACCOUNT, done=done)


@router.post("/account/password")
async def password(visit: Somebody, form: SentForm) -> Response:
    """Change one's password: sessions elsewhere end, this one goes on."""
    typed = {name: form.as_typed(name) for name in ("current_password", "new_password")}
    try:
        asked = read(PasswordChange, typed)
        password_hash = await change_password(visit.state, visit.request.client, visit.claims, asked)
    except EduTrackError as error:
        return page(visit, ACCOUNT, error=error, done="")
    return _signed_in(visit, visit.user.id, password_hash, "/account?done=password")


@router.get("/account/export")
async def export(visit: Somebody) -> Response:
    return as_file(visit.state, visit.user.id)


def _signed_in(visit: Visit, user_id: int, password_hash: str, path: str) -> Response:
    answer = go_to(visit, path)
    session = visit.desk.sessions.begin(user_id, seal_of(password_hash))
    give_session(answer, visit, visit.desk.sessions.write(session))
    return answer
