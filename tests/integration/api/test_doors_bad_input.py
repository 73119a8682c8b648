"""Whatever is sent is answered with a status of its own and what to do about it; nothing answers 500."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from api.traffic import LIMITS
from tests.integration.api.conftest import Api, Callers
from tests.integration.api.routes import ROUTES, Route, Who

WITH_JSON = [route for route in ROUTES if route.json is not None]
WITH_BODY = [route for route in ROUTES if route.json or route.form]
READING = [route for route in ROUTES if route.method == "GET" and not route.path.endswith("health")]
WITH_PATH = [route for route in ROUTES if "{" in route.path]
JSON = {"Content-Type": "application/json"}
SENTINEL = "xyzzy-never-repeated"

NASTY: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    SENTINEL,
    f"{SENTINEL}\0",
    f"{SENTINEL}\ud800",
    "\u202e" + SENTINEL,
    "x" * 100_000,
    "25:61:00",
    "2026-02-30T00:00:00Z",
    [],
    [SENTINEL],
    {},
    {SENTINEL: SENTINEL},
]

MALFORMED = (
    b"{",
    b"",
    b"\xff\xfe",
    b'{"a": 1}}',
    b"{'username': 'ada'}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"video_id": NaN}',
    b'{"video_id": Infinity}',
    b'{"video_id": ' + b"9" * 5_000 + b"}",
    b'{"video_id": 1e999}',
    b'"\\ud800"',
    b"null",
    b"\0",
)
IMPOSSIBLE_IDS = ("0", "-1", str(2**63), "9" * 400)
NASTY_PATHS = (
    *("x", "1.5", "%00", "%ff", "1%00", "%F0%9F%98%80", "٣", "null", "1e3", "%2e%2e%2f", "' OR 1=1"),
    *(str(2**63 - 1), "2026-02-30", "9999-12-31", "0001-01-01"),
)
NASTY_QUERIES = (
    *("", "0", "-1", "1001", "9" * 400, "x", "%00", "%ff", "%F0%9F%98%80", SENTINEL),
    *("2026-02-30", "0001-01-01", "9999-12-31"),
    *("IQ", "MA", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk"),
)
NASTY_AUTHORIZATIONS = (
    *("Bearer", "Bearer ", "Bearer x", "bearer a.b.c", "Basic YTpi", "é", "Bearer é"),
    *("Bearer " + "x" * 10_000, "Bearer " + "." * 1_000, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
)


async def send(
    gateway: Api, callers: Callers, route: Route, content: bytes | AsyncIterator[bytes]
) -> httpx.Response:
    kind = "application/x-www-form-urlencoded" if route.form else "application/json"
    headers = headers_for(route, callers) | {"Content-Type": kind}
    return await gateway.client.request(
        route.method, route.url or route.path, content=content, headers=headers
    )


def headers_for(route: Route, callers: Callers) -> dict[str, str]:
    caller = {
        Who.ANYBODY: "anonymous",
        Who.USER: "student",
        Who.STUDENT: "student",
        Who.REPORTER: "student",
        Who.ADMIN: "admin",
    }
    who: dict[str, str] = getattr(callers, caller[route.who])
    return route.headers | who


def check(answer: httpx.Response, sent: object) -> None:
    """Hold an answer to what every refusal promises."""
    assert answer.status_code != 500, sent
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", sent
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["detail"]
        assert problem["title"]
        assert SENTINEL not in answer.text, sent


@pytest.mark.parametrize("route", WITH_JSON, ids=str)
async def test_no_value_of_any_field_breaks_anything(gateway: Api, callers: Callers, route: Route) -> None:
    for body in altered(route.json):
        check(await send(gateway, callers, route, json.dumps(body).encode()), body)


def altered(body: dict[str, Any]) -> Iterator[Any]:
    """Return what a body could be instead: nothing, something else, or itself with one other field."""
    yield from NASTY
    yield {}
    for name in body:
        yield {other: value for other, value in body.items() if other != name}
        yield from ({**body, name: value} for value in NASTY)
    yield from ({**body, "role": value, "session_id": value, "event_id": value} for value in NASTY)
    yield {**body, SENTINEL: SENTINEL}


async def test_malformed_bodies_are_refused(gateway: Api, callers: Callers) -> None:
    for route in WITH_BODY:
        for content in MALFORMED:
            answer = await send(gateway, callers, route, content)
            check(answer, (str(route), content[:20]))
            assert route.may_be_empty or answer.status_code in {400, 422}, (str(route), content[:20])


async def test_malformed_json_is_400_and_says_what_to_send(gateway: Api, callers: Callers) -> None:
    for route in WITH_JSON:
        answer = await send(gateway, callers, route, b'{"a": ')
        assert answer.status_code == 400, str(route)
        assert "JSON" in answer.json()["detail"]


async def test_a_body_of_10_mb_is_refused_announced_or_not(gateway: Api, callers: Callers) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * LIMITS.body_bytes

    for route in WITH_BODY:
        for content in (b" " * (10 * LIMITS.body_bytes), chunks()):
            answer = await send(gateway, callers, route, content)
            check(answer, str(route))
            assert answer.status_code == 413, str(route)
            assert "1 MiB" in answer.json()["detail"]


async def test_a_body_of_1_mib_is_read(gateway: Api) -> None:
    content = json.dumps({"username": "ada", "password": "x" * 10}).encode()
    content += b" " * (LIMITS.body_bytes - len(content))
    answer = await gateway.client.post("/auth/login", content=content, headers=JSON)
    assert answer.status_code == 401


@pytest.mark.parametrize("route", WITH_PATH, ids=str)
async def test_no_value_in_a_path_breaks_anything(gateway: Api, callers: Callers, route: Route) -> None:
    headers = headers_for(route, callers)
    for value in (*IMPOSSIBLE_IDS, *NASTY_PATHS):
        for url in route.urls_with(value):
            answer = await gateway.client.request(**route.request | {"url": url, "headers": headers})
            check(answer, url)
            if value in IMPOSSIBLE_IDS and "date" not in route.path:
                assert answer.status_code == 404, url


@pytest.mark.parametrize("route", READING, ids=str)
async def test_no_query_breaks_anything(gateway: Api, callers: Callers, route: Route) -> None:
    for name in ("limit", "after", "from", "to", "unknown"):
        for value in NASTY_QUERIES:
            answer = await gateway.client.get(
                f"{route.url or route.path}?{name}={value}", headers=headers_for(route, callers)
            )
            check(answer, f"{name}={value}")


@pytest.mark.parametrize("path", ["/attendance/me", "/progress/video/1"])
async def test_dates_and_limits_are_judged(gateway: Api, callers: Callers, path: str) -> None:
    async def ask(query: str) -> int:
        return (await gateway.client.get(f"{path}?{query}", headers=callers.student)).status_code

    assert await ask("from=2026-11-01&to=2026-11-30&limit=1000") == 200
    assert await ask("from=2026-11-30&to=2026-11-01") == 400
    assert await ask("from=2026-11-31") == 400
    assert await ask("to=yesterday") == 400
    assert await ask("after=nothing") == 400
    assert await ask("limit=0") == 422
    assert await ask("limit=1001") == 422
    assert await ask("limit=many") == 422


async def test_no_authorization_breaks_anything(gateway: Api) -> None:
    for route in ROUTES:
        for value in NASTY_AUTHORIZATIONS if route.who is not Who.ANYBODY else ():
            headers = {**route.headers, "Authorization": value.encode("latin-1")}
            answer = await gateway.client.request(**route.request | {"headers": headers})
            check(answer, value)
            assert answer.status_code == 401, (str(route), value)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_types_are_422_and_name_the_field(gateway: Api) -> None:
    answer = await gateway.client.post("/auth/login", json={"username": 7})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "username", "message": "Input should be a valid string"},
        {"field": "password", "message": "Field required"},
    ]


async def test_unknown_addresses_and_methods_are_problems_too(gateway: Api) -> None:
    nowhere = await gateway.client.get("/nowhere")
    check(nowhere, "/nowhere")
    assert nowhere.status_code == 404
    wrong_method = await gateway.client.delete("/courses")
    check(wrong_method, "DELETE")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "GET, POST")
    assert (await gateway.client.get("/courses/")).status_code == 404
