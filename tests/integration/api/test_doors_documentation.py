"""The OpenAPI document says everything, and everything it says is what the API does."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth.service import TAKEN
from api.gateway.app import SERVICES
from api.progress.service import Desk
from api.traffic import LIMITS
from core.locks import AdvisoryLock
from core.policy import Policy
from core.roles import Role
from core.settings import Settings
from events.consumer import Consumer
from events.sender import Sender
from tests.integration.api.conftest import Api, Callers, bearer, serving, until
from tests.integration.api.provocations import (
    OPERATIONS,
    Told,
    canonical,
    provoke_attendance,
    provoke_by_fields,
    provoke_erasure,
    provoke_imports,
    provoke_rosters,
    provoke_the_archive,
    tell,
)
from tests.integration.api.routes import (
    ASYNC,
    CHANGE,
    EVENT,
    LOGIN,
    ROUTES,
    SIGN_UP,
    Route,
    Who,
)
from workers.watch_time.worker import handler

NOWHERE = 1
"""A port nobody listens on."""

PROBLEM = "application/problem+json"


@pytest.fixture
async def document(gateway: Api) -> dict[str, Any]:
    found: dict[str, Any] = (await gateway.client.get("/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def validate(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def example_of(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return the example a reader of the document sees; raises where there is none."""
    if "$ref" in schema:
        return example_of(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    for word in ("const", "default", "example"):
        if word in schema:
            return schema[word]
    if "properties" in schema:
        return {name: example_of(document, part) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(document, schema["items"])]
    assert {"type": "null"} in schema.get("anyOf", ()), f"no example: {schema}"
    return None


# What is there


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    schemas = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} == schemas.keys()


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        assert OPERATIONS[method, path].who is Who.ANYBODY or operation["security"], (method, path)


def test_every_body_and_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        answers = [answer for status, answer in operation["responses"].items() if status < "400"]
        assert answers, (method, path)
        for described in (*answers, operation.get("requestBody")):
            for content in (described or {}).get("content", {}).values():
                value = content.get("example") or example_of(document, content["schema"])
                validate(document, content["schema"], value)


async def test_every_body_shown_is_taken(gateway: Api, document: dict[str, Any], callers: Callers) -> None:
    for method, path, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            who = (
                callers.admin
                if OPERATIONS[method, path].who is Who.ADMIN
                else bearer(gateway.state.tokens.issue(1, "ada", Role.STUDENT))
            )
            example = content.get("example") or example_of(document, content["schema"])
            body = {"data": example} if "form" in kind else {"json": example}
            body = {"content": example} if kind == "text/csv" else body
            url = OPERATIONS[method, path].request["url"]
            answer = await gateway.client.request(method, url, headers=who | ASYNC, **body)
            taken = answer.status_code == 400 and answer.json()["detail"] == TAKEN
            assert taken or answer.status_code < 300, (path, answer.text)


def test_every_refusal_is_a_problem_with_examples_that_fit(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status < "400" or path.endswith("health"):
                continue
            assert answer["content"].keys() == {PROBLEM}, (method, path, status)
            content = answer["content"][PROBLEM]
            assert content["examples"]
            for example in content["examples"].values():
                validate(document, content["schema"], example["value"])
                assert example["value"]["status"] == int(status)
            assert status not in {"429", "503"} or "Retry-After" in answer["headers"]


def test_the_authorize_button_asks_where_tokens_are_given(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["password"]["flows"]["password"]["tokenUrl"] == "/auth/token"
    assert "/auth/token" in document["paths"]
    assert schemes["query"]["name"] == "token"


# That it is so


async def test_every_refusal_documented_is_given_and_every_one_given_is_documented(
    gateway: Api, document: dict[str, Any], settings: Settings, callers: Callers, engine: AsyncEngine
) -> None:
    told: Told = set()
    for route in ROUTES:
        await provoke(gateway, callers, route, told)
    await provoke_by_meaning(gateway, callers, told)
    await provoke_by_fields(gateway, callers, told)
    await provoke_the_archive(gateway, callers, told)
    await provoke_imports(gateway, callers, told)
    await provoke_attendance(gateway, callers, told)
    await provoke_rosters(gateway, callers, told)
    await provoke_erasure(gateway, callers, told)
    await provoke_the_worker(gateway, callers, settings, engine, told)
    await provoke_limits(settings, told)
    await provoke_the_turn(gateway, callers, told)
    await provoke_outages(settings, callers, told)

    documented = set(refusals(document))
    assert {one[:3] for one in told} <= {one[:3] for one in documented}
    assert documented - told == set()


def refusals(document: dict[str, Any]) -> Iterator[tuple[str, str, int, str]]:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            for example in answer.get("content", {}).get(PROBLEM, {}).get("examples", {}).values():
                yield method, path, int(status), canonical(example["value"])


async def provoke(api: Api, callers: Callers, route: Route, told: Told) -> None:
    """Get everything wrong that the shape of a route lets one get wrong."""
    for caller in Callers.__dataclass_fields__:
        await tell(api, told, route, headers=route.headers | getattr(callers, caller))
    welcome = route.headers | {Who.ADMIN: callers.admin}.get(route.who, callers.student)
    await tell(api, told, route, headers=welcome, params={"token": "another"})
    for url in wrong_urls(route):
        await tell(api, told, route, url=url, headers=welcome)
    kind = "application/x-www-form-urlencoded" if route.form else "application/json"
    if route.json or route.form:
        for content in (b'{"a":', b"{}", b"[]", b" " * (LIMITS.body_bytes + 1)):
            wrong = {"json": None, "data": None, "content": content}
            await tell(api, told, route, headers=welcome | {"Content-Type": kind}, **wrong)
    if route.content:
        await tell(api, told, route, headers=welcome, content=b" " * (LIMITS.file_bytes + 1))
    for name in route.json or ():
        if isinstance(route.json[name], str):
            await tell(api, told, route, headers=welcome, json=route.json | {name: "x\0y"})


def wrong_urls(route: Route) -> Iterator[str]:
    for value in ("x", "999", str(2**63), "yesterday", "2026-02-30"):
        yield from route.urls_with(value)
    if route.method == "GET":
        for query in (
            "limit=x",
            "course_id=x",
            "course_id=999",
            "after=!",
            "from=yesterday",
            "from=2026-02-30",
            "from=2020-01-01",
            "from=2026-02-02&to=2026-02-01",
            "date=yesterday",
            "date=0001-01-01",
            "date=2026-02-30",
        ):
            yield f"{route.url or route.path}?{query}"


async def provoke_by_meaning(api: Api, callers: Callers, told: Told) -> None:
    """Send what is well-formed and means nothing."""
    for path, caller, bodies in (
        ("/auth/signup", callers.anonymous, [SIGN_UP, SIGN_UP]),
        ("/auth/login", callers.anonymous, [LOGIN | {"password": "wrong"}]),
        ("/auth/password", bearer(api.state.tokens.issue(1, "ada", Role.STUDENT)), [CHANGE, CHANGE]),
        ("/videos/youtube-playlist", callers.admin, [{"playlist_url": url} for url in NO_PLAYLISTS]),
        ("/progress", callers.student, [EVENT | change for change in NO_EVENTS]),
        ("/progress/batch", callers.student, [{"events": [EVENT] * 1_001}]),
    ):
        for body in bodies:
            await tell(api, told, OPERATIONS["POST", path], json=body, headers=caller)
    for form in (LOGIN | {"password": "wrong"}, LOGIN | {"username": "a\0"}):
        await tell(api, told, OPERATIONS["POST", "/auth/token"], data=form)


NO_PLAYLISTS = (
    *("https://example.org", "abcdefghijk", "https://www.youtube.com/@somebody", "RDMM", "WL", "LL", "PL12"),
    "https://music.youtube.com/browse/MPREb_abcdefghijk",
)
NO_EVENTS: tuple[dict[str, Any], ...] = ({"start_time": "25:61:00"}, {"start_time": None}, {"video_id": 999})


async def provoke_the_worker(
    api: Api, callers: Callers, settings: Settings, engine: AsyncEngine, told: Told
) -> None:
    """Report an event of somebody who is gone: only the worker knows."""
    async with working(settings, engine):
        watch = api.state.broker_watch
        assert watch is not None
        await until(lambda: watch.consumers)
        await tell(api, told, OPERATIONS["POST", "/progress"], headers=callers.vanished_student)


@asynccontextmanager
async def working(settings: Settings, engine: AsyncEngine) -> AsyncIterator[None]:
    url = settings.amqp_url.get_secret_value()
    sender = Sender(url)
    await sender.start()
    consumer = Consumer(url, handler(engine, Policy()), sender)
    running = asyncio.create_task(consumer.run())
    yield
    consumer.stop()
    await running
    await sender.stop()


async def provoke_limits(settings: Settings, told: Told) -> None:
    """Try too often, where that is counted, and what only development allows."""
    async with serving(settings.model_copy(update={"env": "production"}), *SERVICES) as public:
        ada = bearer(public.state.tokens.issue(1, "ada", Role.STUDENT))
        admin = SIGN_UP | {"role": "admin"}
        sign_up = OPERATIONS["POST", "/auth/signup"]
        await tell(public, told, sign_up, json=admin)
        await tell(public, told, sign_up, json=admin, headers={"Authorization": "Bearer x"})
        for path in ("/auth/signup", "/auth/login", "/auth/token", "/auth/password"):
            headers = ada if path == "/auth/password" else {}
            for _ in range(11):
                await tell(public, told, OPERATIONS["POST", path], headers=headers)


async def provoke_the_turn(api: Api, callers: Callers, told: Told) -> None:
    """Look at dead letters while somebody else does."""
    async with api.state.transaction() as session:
        await session.execute(text(f"SELECT pg_advisory_xact_lock({AdvisoryLock.DEAD_LETTERS:d})"))
        for route in ROUTES:
            if "dead-letters" in route.path:
                await tell(api, told, route, headers=callers.admin)


async def provoke_outages(settings: Settings, callers: Callers, told: Told) -> None:
    """Take the database away, then the broker, then both from a process that had known the video before."""
    database = {"database_url": SecretStr(f"postgresql+asyncpg://edutrack@127.0.0.1:{NOWHERE}/edutrack")}
    broker = {"amqp_url": SecretStr(f"amqp://guest@127.0.0.1:{NOWHERE}/")}
    for away in (database, broker, database | broker):
        async with serving(settings.model_copy(update=away), *SERVICES) as broken:
            if away == database | broker:
                broken.state.part(Desk).videos._known.add(1)
            for route in ROUTES:
                who = callers.admin if route.who is Who.ADMIN else callers.student
                answer = await tell(broken, told, route, headers=route.headers | who)
                assert answer.status_code < 500 or answer.headers["retry-after"], str(route)


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_the_documentation_loads_nothing_from_elsewhere(api: Api, page: str) -> None:
    html = (await api.client.get(page)).text
    loaded = re.findall(r"(?:src|href|url)[=:] ?[\"']([^\"']+)", html)
    assert loaded
    assert not [address for address in loaded if "//" in address]
    for address in loaded:
        assert (await api.client.get(address)).status_code == 200
