"""Signing in to the pages, and what a session is not."""

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import update

from api.state import State
from core.database import Sessions
from core.roles import Role
from core.tables import User
from tests.integration.api.conftest import PASSWORDS, Api, bearer
from tests.integration.web.conftest import PASSWORD, Browser
from web.desk import Desk
from web.sessions import COOKIE, Session

AWAY = "redis://127.0.0.1:1/0"


async def test_a_student_signs_in_and_is_taken_to_the_courses(
    browser: Browser, people: dict[str, int]
) -> None:
    answer = await browser.open("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    answer = await browser.sign_in("ADA")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.open("/")).headers["location"] == "/learn"


async def test_whoever_was_on_the_way_somewhere_arrives_there(
    browser: Browser, people: dict[str, int]
) -> None:
    answer = await browser.open("/manage/users?page=2")
    assert answer.headers["location"] == "/sign-in?next=%2Fmanage%2Fusers%3Fpage%3D2"
    await browser.open(answer.headers["location"])
    assert 'name="next" value="/manage/users?page=2"' in browser.shown
    answer = await browser.sign_in("grace", next="/manage/users?page=2")
    assert answer.headers["location"] == "/manage/users?page=2"
    in_another_tab = await browser.open("/sign-in?next=%2Fmanage%2Fusers%3Fpage%3D2&lost=true")
    assert in_another_tab.headers["location"] == "/manage/users?page=2"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil"])
async def test_nobody_is_led_elsewhere(browser: Browser, people: dict[str, int], elsewhere: str) -> None:
    await browser.open("/sign-in", params={"next": elsewhere})
    assert "evil" not in browser.shown
    assert (await browser.sign_in("ada", next=elsewhere)).headers["location"] == "/"
    assert (await browser.open("/sign-in", params={"next": elsewhere})).headers["location"] == "/"


async def test_a_wrong_password_keeps_the_name_and_says_what_to_do(
    browser: Browser, people: dict[str, int]
) -> None:
    answer = await browser.sign_in("ada", "wrong", next="/learn")
    assert answer.status_code == 401
    assert 'value="ada"' in browser.shown
    assert "Wrong username or password" in browser.shown
    assert 'value="/learn"' in browser.shown
    assert 'wrong"' not in browser.shown
    nobody = await browser.sign_in("nobody", "wrong")
    assert nobody.status_code == 401


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(
    browser: Browser, people: dict[str, int]
) -> None:
    cookie = (await browser.sign_in("ada")).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    browser.client.cookies.clear()
    answer = await browser.open("https://edutrack/sign-in")
    assert answer.headers["set-cookie"].startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
    assert "Domain" not in answer.headers["set-cookie"]


async def test_signing_in_begins_another_session(browser: Browser, people: dict[str, int]) -> None:
    """Whoever planted the one before has nothing of it."""
    await browser.open("/sign-in")
    planted = browser.client.cookies[COOKIE]
    await browser.sign_in("ada")
    assert browser.client.cookies[COOKIE] != planted
    browser.client.cookies.set(COOKIE, planted, domain="edutrack.local")
    browser.client.cookies.clear()
    answer = await browser.open("/learn", headers={"Cookie": f"{COOKIE}={planted}"})
    assert answer.status_code == 303


async def test_whoever_signed_out_is_out_even_with_the_old_cookie(ada: Browser) -> None:
    kept = ada.client.cookies[COOKIE]
    await ada.open("/learn")
    assert (await ada.send("/sign-out")).headers["location"] == "/sign-in"
    assert (await ada.open("/")).headers["location"] == "/sign-in"
    ada.client.cookies.clear()
    assert (await ada.open("/learn", headers={"Cookie": f"{COOKIE}={kept}"})).status_code == 303


async def test_a_new_password_ends_sessions(ada: Browser, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(update(User).values(password_hash=await PASSWORDS.hash("another one")))
    assert (await ada.open("/learn")).headers["location"] == "/sign-in?next=%2Flearn"


async def test_the_database_says_who_somebody_is_now(grace: Browser, sessions: Sessions) -> None:
    assert (await grace.open("/manage/users")).status_code == 200
    async with sessions.begin() as session:
        await session.execute(update(User).values(role=Role.STUDENT.value))
    assert (await grace.open("/manage/users")).status_code == 403
    async with sessions.begin() as session:
        await session.execute(update(User).values(disabled_at=datetime.now(UTC)))
    assert (await grace.open("/manage/users")).status_code == 303


async def test_a_session_is_no_token_and_a_token_no_session(
    gateway: Api, grace: Browser, people: dict[str, int]
) -> None:
    cookie = grace.client.cookies[COOKIE]
    assert (await gateway.client.get("/auth/users/me", headers=bearer(cookie))).status_code == 401
    assert (await gateway.client.get("/auth/users/me", params={"token": cookie})).status_code == 401
    assert (await grace.client.get("/auth/users/me")).status_code == 401
    token = gateway.state.tokens.issue(people["grace"], "grace", Role.ADMIN)
    for headers in ({"Cookie": f"{COOKIE}={token}"}, bearer(token)):
        answer = await gateway.client.get("/manage/users", headers=headers)
        assert answer.status_code == 303
    assert (await gateway.client.get("/manage/users", params={"token": token})).status_code == 303


async def test_a_forged_or_old_session_is_none(gateway: Api, people: dict[str, int]) -> None:
    desk = gateway.state.part(Desk)
    now = datetime.now(UTC)
    old = desk.sessions.write(Session("n", now - timedelta(seconds=1), people["ada"], "x"))
    form = desk.sessions.form_token(desk.sessions.begin(people["ada"]))
    for cookie in (old, form, "", "[]", "x.y", old[:-1]):
        assert desk.sessions.read(cookie) is None


async def test_sessions_go_on_while_redis_is_away(
    gateway: Api, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: State = gateway.state
    monkeypatch.setattr(state.part(Desk).sessions, "_redis", Redis.from_url(AWAY))
    assert (await ada.open("/learn")).status_code == 200
    assert (await ada.send("/sign-out")).status_code == 303
    assert (await ada.open("/")).headers["location"] == "/sign-in"
    assert PASSWORD not in ada.shown
