"""Signing up and in, and what accounts may do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from api.auth.app import SERVICE as AUTH
from api.auth.limits import LIMITS
from api.auth.service import TAKEN, WRONG_CURRENT, WRONG_LOGIN
from core.database import Sessions
from core.settings import Settings
from core.tables import User
from tests.integration.api.conftest import Api, Callers, bearer, serving


@pytest.fixture
async def public(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[Api]:
    """The auth service as it runs outside development."""
    async with serving(settings.model_copy(update={"env": "production"}), AUTH) as running:
        yield running


async def disable(sessions: Sessions, username: str) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(User).where(User.username_key == username).values(disabled_at=func.now())
        )


async def token_of(api: Api, username: str = "ada") -> dict[str, str]:
    return bearer((await api.sign_in(username)).json()["access_token"])


# Signing up


async def test_somebody_signs_up_signs_in_and_is_known(api: Api) -> None:
    created = await api.sign_up("Ada", email="Ada@Example.ORG")
    assert (created.status_code, created.json()) == (
        201,
        {"message": "The account was created.", "user_id": 1},
    )
    signed_in = await api.sign_in("Ada")
    assert signed_in.status_code == 200
    assert signed_in.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "bearer",
        "expires_in": 3600,
    }
    assert signed_in.headers["cache-control"] == "no-store"
    me = await api.client.get("/auth/users/me", headers=bearer(signed_in.json()["access_token"]))
    assert me.json() == {"id": 1, "username": "Ada", "email": "Ada@example.org", "role": "student"}


@pytest.mark.parametrize(
    "again",
    [
        {"username": "ada", "email": "other@example.org"},
        {"username": "ADA", "email": "other@example.org"},
        {"username": "\uff41da", "email": "other@example.org"},
        {"username": "other", "email": "ada@example.org"},
        {"username": "other", "email": "ADA@EXAMPLE.ORG"},
    ],
    ids=str,
)
async def test_what_is_taken_is_refused_without_saying_which(api: Api, again: dict[str, str]) -> None:
    await api.sign_up("ada")
    refused = await api.sign_up(**again)
    assert (refused.status_code, refused.json()["detail"]) == (400, TAKEN)


async def test_of_many_who_want_one_name_at_once_one_gets_it(api: Api, sessions: Sessions) -> None:
    answers = await asyncio.gather(*(api.sign_up("ada") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_in_development_anybody_can_be_an_admin(api: Api) -> None:
    assert (await api.sign_up(role="admin")).status_code == 201
    me = await api.client.get("/auth/users/me", headers=await token_of(api))
    assert me.json()["role"] == "admin"


async def test_outside_development_only_admins_make_admins(public: Api, callers: Callers) -> None:
    async def ask(headers: dict[str, str]) -> int:
        body = {"username": "boss", "email": "boss@example.org", "password": "12345678", "role": "admin"}
        return (await public.client.post("/auth/signup", json=body, headers=headers)).status_code

    assert await ask(callers.anonymous) == 403
    assert await ask(callers.student) == 403
    assert await ask(callers.demoted_admin) == 403
    assert await ask(callers.disabled_admin) == 401
    assert await ask(callers.forged) == 401
    assert await ask(callers.expired) == 401
    assert await ask(callers.admin) == 201


async def test_outside_development_students_sign_up_without_a_token(public: Api) -> None:
    assert (await public.sign_up()).status_code == 201


async def test_passwords_are_stored_as_hashes_only(api: Api, sessions: Sessions) -> None:
    await api.sign_up(password="a password to look for")
    async with sessions.begin() as session:
        stored = await session.scalar(select(User.password_hash))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert "look for" not in stored


# Signing in


@pytest.mark.parametrize("username", ["ada", "ADA", "\uff41\uff44\uff41"])
async def test_the_name_may_be_spelled_in_another_case(api: Api, username: str) -> None:
    await api.sign_up("Ada")
    assert (await api.sign_in(username)).status_code == 200


async def test_wrong_password_unknown_user_and_disabled_account_look_alike(
    api: Api, sessions: Sessions
) -> None:
    await api.sign_up("ada")
    await api.sign_up("ben")
    await disable(sessions, "ben")
    answers = [
        await api.sign_in("ada", "wrong password"),
        await api.sign_in("nobody"),
        await api.sign_in("ben"),
        await api.sign_in("ada", ""),
        await api.sign_in("", ""),
        await api.sign_in("x" * 10_000, "x" * 10_000),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="edutrack"'}
    assert answers[0].json()["detail"] == WRONG_LOGIN


async def test_the_form_of_oauth2_signs_in_too(api: Api) -> None:
    await api.sign_up()
    form = {"grant_type": "password", "username": "ada", "password": "correct horse", "scope": "student"}
    answer = await api.client.post("/auth/token", data=form)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")
    refused = await api.client.post("/auth/token", data=form | {"password": "wrong horse"})
    assert (refused.status_code, refused.json()["detail"]) == (401, WRONG_LOGIN)
    other_grant = await api.client.post("/auth/token", data=form | {"grant_type": "refresh_token"})
    assert other_grant.status_code == 422


async def test_a_disabled_account_is_nobody(api: Api, sessions: Sessions) -> None:
    await api.sign_up()
    headers = await token_of(api)
    await disable(sessions, "ada")
    assert (await api.client.get("/auth/users/me", headers=headers)).status_code == 401
    change = {"current_password": "correct horse", "new_password": "battery staple"}
    assert (await api.client.post("/auth/password", json=change, headers=headers)).status_code == 401


async def test_a_token_in_the_query_works_and_is_kept_out_of_caches_and_referrers(api: Api) -> None:
    await api.sign_up()
    token = (await api.sign_in()).json()["access_token"]
    answer = await api.client.get("/auth/users/me", params={"token": token})
    assert (answer.status_code, answer.json()["username"]) == (200, "ada")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers.get_list("cache-control") == ["no-store"]


# The password


async def test_a_password_is_changed(api: Api) -> None:
    await api.sign_up()
    change = {"current_password": "correct horse", "new_password": "battery staple"}
    answer = await api.client.post("/auth/password", json=change, headers=await token_of(api))
    assert (answer.status_code, answer.json()) == (200, {"message": "The password was changed."})
    assert (await api.sign_in(password="correct horse")).status_code == 401
    assert (await api.sign_in(password="battery staple")).status_code == 200


async def test_a_password_is_not_changed_by_somebody_who_does_not_know_it(api: Api) -> None:
    await api.sign_up()
    change = {"current_password": "wrong horse", "new_password": "battery staple"}
    answer = await api.client.post("/auth/password", json=change, headers=await token_of(api))
    assert (answer.status_code, answer.json()["detail"]) == (400, WRONG_CURRENT)
    assert (await api.sign_in()).status_code == 200


# Limits


async def test_an_account_is_tried_ten_times_a_minute_and_no_more(public: Api) -> None:
    await public.sign_up()
    tries = [await public.sign_in(password="wrong") for _ in range(LIMITS.login_of_account)]
    assert {answer.status_code for answer in tries} == {401}
    refused = await public.sign_in()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await public.sign_in("ADA")).status_code == 429
    assert (await public.sign_in("ben")).status_code == 401


async def test_an_address_is_granted_a_class_and_no_more(public: Api) -> None:
    answers = [await public.sign_in(f"student{n}") for n in range(LIMITS.login_of_address + 1)]
    assert [answer.status_code for answer in answers] == [401] * LIMITS.login_of_address + [429]


async def test_signing_up_is_limited_too(public: Api) -> None:
    answers = [await public.sign_up() for _ in range(LIMITS.signup_of_account + 1)]
    assert [answer.status_code for answer in answers] == [201] + [400] * 9 + [429]


async def test_processes_count_together(settings: Settings, public: Api) -> None:
    async with serving(settings.model_copy(update={"env": "production"}), AUTH) as other:
        for n in range(LIMITS.login_of_account):
            await (public if n % 2 else other).sign_in()
        assert {(await one.sign_in()).status_code for one in (public, other)} == {429}


async def test_keys_in_redis_name_nobody(public: Api, redis: Redis) -> None:
    await public.sign_in("somebody")
    keys = b" ".join(key for key in await redis.keys("*") if isinstance(key, bytes))
    assert keys
    assert b"somebody" not in keys


async def test_without_redis_each_process_counts_for_itself(
    settings: Settings, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    away = settings.model_copy(update={"env": "production", "redis_url": type(settings.redis_url)(NOWHERE)})
    async with serving(away, AUTH) as alone:
        answers = [await alone.sign_in() for _ in range(LIMITS.login_of_account + 1)]
    assert [answer.status_code for answer in answers] == [401] * LIMITS.login_of_account + [429]
    assert len([line for line in caplog.messages if "Redis is away" in line]) == 1


async def test_in_development_nobody_is_limited(api: Api) -> None:
    answers = [await api.sign_in() for _ in range(LIMITS.login_of_account + 5)]
    assert {answer.status_code for answer in answers} == {401}


NOWHERE = "redis://:a-password@127.0.0.1:1/0"


async def test_tokens_live_as_long_as_the_settings_say(settings: Settings, sessions: Sessions) -> None:
    async with serving(settings.model_copy(update={"token_minutes": 5}), AUTH) as api:
        await api.sign_up()
        answer: httpx.Response = await api.sign_in()
        claims = api.state.tokens.read(answer.json()["access_token"])
    assert answer.json()["expires_in"] == 300
    assert timedelta(minutes=4) < claims.expires_at - api.state.clock() <= timedelta(minutes=5)
