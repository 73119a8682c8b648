"""Fast roads on the wire: what they answer, what they leave to the framework, and what holds on both ways."""

import asyncio
import gc
import json
import logging
from collections.abc import Awaitable
from datetime import timedelta
from types import SimpleNamespace
from weakref import ref

import pytest
from fastapi import APIRouter, Request
from fastapi import Response as Reply
from prometheus_client import REGISTRY
from starlette.responses import Response

from api.factory import Service, create_app
from api.protocol import MAX_HEAD_BYTES
from api.server import ServerPolicy
from api.state import RawHeaders, Road, State
from api.traffic import BUSY, EVENT_TOO_SLOW, Limits
from core.errors import Conflict
from tests.unit.api.wire import SETTINGS, SOON, Answer, Wire, post

PATH = b"/trial"
SECRET = "xyzzy-never-told"

router = APIRouter()


@router.post("/trial")
async def trial(request: Request) -> Reply:
    body = await request.body()
    return Reply(b"route " + body + request.headers.get("told", "").encode())


def take(headers: RawHeaders, body: bytes, state: State) -> Awaitable[Response] | None:
    return None if body.startswith(b"odd") else cross(body + dict(headers).get(b"told", b""))


async def cross(body: bytes) -> Response:
    if body.startswith(b"wait"):
        await asyncio.sleep(float(body[4:]))
    if body == b"refuse":
        raise Conflict("not now")
    if body == b"fail":
        raise ValueError(SECRET)
    return Response(b"road " + body)


def wire(origins: list[str] | None = None) -> Wire:
    settings = SETTINGS.model_copy(update={"cors_origins": origins or []})
    served = Service(name="trial", router=router, needs=frozenset(), roads=[Road("/trial", take)])
    app = create_app(settings, served)
    app.state.edutrack = SimpleNamespace()
    return Wire(app, settings)


async def ask(*requests: bytes) -> list[Answer]:
    connection = wire()
    connection.send(b"".join(requests))
    return await connection.answers(len(requests))


def contents(answers: list[Answer]) -> list[bytes]:
    return [answer.content for answer in answers]


async def test_a_plain_request_takes_the_road() -> None:
    (answer,) = await ask(post(PATH, b"x"))
    assert (answer.status, answer.content, answer.headers["content-length"]) == (200, b"road x", "6")


@pytest.mark.parametrize(
    "request_",
    [
        post(PATH, b"odd"),
        post(PATH + b"?a=b", b"x"),
        post(PATH, b"x", [(b"connection", b"close")]),
        post(PATH, b"x", [(b"expect", b"100-continue")]),
        post(PATH, b"x", [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]),
        post(PATH, b"x").replace(b"HTTP/1.1", b"HTTP/1.0"),
        post(PATH, b"x").replace(b"HTTP/1.1", b"HTTP/1.0\r\nconnection: keep-alive"),
    ],
)
async def test_what_asks_for_more_is_the_route_s(request_: bytes) -> None:
    assert contents(await ask(request_))[-1][:6] == b"route "


@pytest.mark.parametrize("cut", range(5, len(post(PATH, b"abc")), 7))
@pytest.mark.parametrize(("body", "way"), [(b"abc", b"road"), (b"odd", b"route")])
async def test_a_request_in_pieces_is_answered_when_it_is_whole(cut: int, body: bytes, way: bytes) -> None:
    connection, request = wire(), post(PATH, body)
    connection.send(request[:cut], request[cut:])
    assert contents(await connection.answers()) == [way + b" " + body]
    assert connection.app.state.roads.traffic.in_flight == 0


async def test_a_body_of_many_small_chunks_is_one_body() -> None:
    chunks = post(PATH, b"x" * 500, [(b"transfer-encoding", b"chunked")])
    ones = chunks.replace(b"1f4\r\n" + b"x" * 500, b"1\r\nx\r\n" * 499 + b"1\r\nx")
    assert contents(await ask(ones)) == [b"road " + b"x" * 500]


def at_once_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.protocol._IDLE_LOOK_SECONDS", 0.01)
    monkeypatch.setattr("api.protocol._SLOW_BODY_SECONDS", 0.01)


async def test_a_slow_body_is_soon_the_route_s(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once_slow(monkeypatch)
    connection, request = wire(), post(PATH, b"abc")
    connection.send(request[:-1])
    async with asyncio.timeout(SOON):
        while not connection.server.tasks:
            await asyncio.sleep(0.01)
    connection.send(request[-1:])
    assert contents(await connection.answers()) == [b"route abc"]


async def test_a_body_that_does_not_come_is_told_so_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.factory.LIMITS", Limits(body_within=timedelta(seconds=0.1)))
    at_once_slow(monkeypatch)
    connection = wire()
    connection.send(post(PATH, b"abc")[:-1])
    assert connection.app.state.roads.traffic.in_flight == 1
    assert [answer.status for answer in await connection.answers()] == [408]


async def test_a_server_that_ends_waits_for_a_body_that_is_coming() -> None:
    connection, request = wire(), post(PATH, b"abc")
    connection.send(request[:-1])
    connection.connection.shutdown()
    connection.send(request[-1:])
    assert contents(await connection.answers()) == [b"route abc"]
    assert connection.recorder.is_closing()


async def test_a_client_that_goes_before_its_body_leaves_nothing_behind() -> None:
    connection = wire()
    connection.send(post(PATH, b"abc")[:-1])
    connection.hang_up()
    await connection.until_idle()
    assert (connection.recorder.written, connection.app.state.roads.traffic.in_flight) == ([], 0)


async def test_requests_in_one_packet_are_answered_in_order() -> None:
    sent = [post(PATH, body) for body in (b"wait0.02", b"1", b"odd2", b"wait0.01", b"4")]
    answers = contents(await ask(*sent))
    assert [answer.partition(b" ")[2] for answer in answers] == [
        b"wait0.02",
        b"1",
        b"odd2",
        b"wait0.01",
        b"4",
    ]


@pytest.mark.parametrize("body", [b"x" * MAX_HEAD_BYTES, b"odd" + b"x" * MAX_HEAD_BYTES])
async def test_a_head_is_not_too_long_for_what_came_in_front_of_it(body: bytes) -> None:
    connection, second = wire(), post(PATH, b"y")
    connection.send(post(PATH, body) + second[:20], second[20:])
    assert [answer.status for answer in await connection.answers(2)] == [200, 200]


@pytest.mark.parametrize(("body", "way"), [(b"x", b"road"), (b"odd", b"route")])
async def test_trailers_are_no_headers(body: bytes, way: bytes) -> None:
    connection = wire()
    request = post(PATH, body, [(b"transfer-encoding", b"chunked")])
    connection.send(request[:-2] + b"told: trailer\r\n\r\n")
    assert contents(await connection.answers()) == [way + b" " + body]


async def test_a_client_that_does_not_read_its_answers_is_waited_for() -> None:
    connection = wire()
    connection.connection.pause_writing()
    connection.send(post(PATH, b"1"), post(PATH, b"2"))
    await asyncio.sleep(0.01)
    written = list(connection.recorder.written)
    connection.connection.resume_writing()
    assert written == []
    assert contents(await connection.answers(2)) == [b"route 1", b"route 2"]


async def test_a_connection_is_used_again_on_both_ways() -> None:
    connection = wire()
    for number, (body, content) in enumerate([(b"1", b"road 1"), (b"odd", b"route odd"), (b"2", b"road 2")]):
        connection.send(post(PATH, body))
        assert (await connection.answers(number + 1))[-1].content == content
    assert connection.server.total_requests == 3


async def test_a_server_that_ends_finishes_what_is_on_the_road_and_closes() -> None:
    connection = wire()
    connection.send(post(PATH, b"wait0.01"))
    connection.connection.shutdown()
    (answer,) = await connection.answers()
    assert answer.headers["connection"] == "close"
    assert connection.recorder.is_closing()


async def test_nothing_is_written_to_a_client_that_is_gone_but_its_request_is_finished() -> None:
    connection = wire()
    connection.send(post(PATH, b"wait0.01"))
    connection.hang_up()
    (task,) = connection.server.tasks
    await connection.until_idle()
    assert task.done()
    assert not task.cancelled()
    assert connection.recorder.written == []


async def test_a_connection_that_is_gone_leaves_nothing_to_the_garbage_collector() -> None:
    connection = wire()
    connection.send(post(PATH, b"x"))
    await connection.answers()
    gc.disable()
    try:
        protocol = ref(connection.connection)
        connection.hang_up()
        connection.connection = None
        assert protocol() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "sent", [b"", b"POST /trial HTTP/1.1\r\nX: ", post(PATH, b"x"), post(PATH, b"at once") + b"P"]
)
async def test_a_connection_from_which_nothing_whole_comes_is_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.protocol._IDLE_LOOK_SECONDS", 0.01)
    monkeypatch.setattr("api.server.SERVER", ServerPolicy(keep_alive=timedelta(seconds=1)))
    connection = wire()
    connection.send(sent)
    async with asyncio.timeout(10):
        while not connection.recorder.is_closing():
            await asyncio.sleep(0.05)
            if sent.endswith(b"X: "):
                connection.send(b"x")  # drop by drop is no reason to wait longer


async def test_an_empty_line_behind_an_answer_of_the_servers_holds_no_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.protocol._IDLE_LOOK_SECONDS", 0.01)
    monkeypatch.setattr("api.server.SERVER", ServerPolicy(keep_alive=timedelta(seconds=1)))
    connection = wire()
    connection.send(b"GET /nothing HTTP/1.1\r\nhost: edutrack\r\n\r\n")
    await connection.answers()
    connection.send(b"\r\n")
    async with asyncio.timeout(10):
        while not connection.recorder.is_closing():
            await asyncio.sleep(0.05)


async def test_what_is_refused_on_the_road_is_answered_as_everywhere() -> None:
    (answer,) = await ask(post(PATH, b"refuse"))
    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert json.loads(answer.content)["detail"] == "not now"


async def test_a_mistake_of_ours_is_logged_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        (answer,) = await ask(post(PATH, b"fail"))
    assert (answer.status, SECRET.encode() in answer.content, SECRET in caplog.text) == (500, False, True)


async def test_the_road_has_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "api.factory.LIMITS", Limits(answer_within=timedelta(seconds=0.1), in_flight=1, body_bytes=9)
    )
    first = wire()
    first.send(post(PATH, b"wait5"))
    second = Wire(first.app)
    second.send(post(PATH, b"x"))
    (busy,) = await second.answers()
    assert (busy.status, json.loads(busy.content)["detail"]) == (503, BUSY)
    (slow,) = await first.answers()
    assert (slow.status, slow.headers["retry-after"], json.loads(slow.content)["detail"]) == (
        503,
        "2",
        EVENT_TOO_SLOW,
    )
    second.send(post(PATH, b"0123456789"))
    assert (await second.answers(2))[1].status == 413


async def test_pages_of_other_origins_may_read_what_comes_along_the_road() -> None:
    for origin in (b"https://lms.example", b"https://elsewhere.example"):
        connection = wire(["https://lms.example"])
        for body in (b"x", b"odd"):
            connection.send(post(PATH, body, [(b"origin", origin)]))
        road, route = (_of_origins(answer) for answer in await connection.answers(2))
        assert road == route
        assert (road.get("access-control-allow-origin") == origin.decode()) == (
            origin == b"https://lms.example"
        )


def _of_origins(answer: Answer) -> dict[str, str]:
    return {
        name: value for name, value in answer.headers.items() if name.startswith("access-") or name == "vary"
    }


async def test_answers_along_the_road_are_measured() -> None:
    labels = {"method": "POST", "route": "/trial", "status": "409"}
    name = "edutrack_http_request_duration_seconds_count"
    before = REGISTRY.get_sample_value(name, labels) or 0
    await ask(post(PATH, b"refuse"))
    assert REGISTRY.get_sample_value(name, labels) == before + 1
