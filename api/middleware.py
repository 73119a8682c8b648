"""What happens to every request that the framework answers, in one thin layer: limits, metrics, last resort.

Plain ASGI: the frameworks' own base class costs more than all of this.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import credentials
from api.errors import TooLarge, problem_of_status, tell, tell_unexpected, tells_people
from api.traffic import BUSY, EVENT_TOO_SLOW, TOO_SLOW, Traffic, account, was_broken_off

_WITH_TOKEN_IN_URL = [(b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store")]


class Edge:
    """Outermost layer but CORS."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # routes are declared for GET alone; RFC 9110 section 9.3.2
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        exchange = _Exchange(scope, receive, send, self._traffic)
        self._traffic.in_flight += 1
        try:
            await self._answer(exchange, scope, receive)
        except Exception as error:
            if exchange.status:  # too late for an answer: the server breaks the connection off
                raise
            request, too_large = Request(scope), isinstance(error, TooLarge)
            told = tell(request, problem_of_status(413)) if too_large else tell_unexpected(request, error)
            await told(scope, receive, exchange.send)
        finally:
            self._traffic.in_flight -= 1
            exchange.account()

    async def _answer(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        if self._traffic.in_flight > self._traffic.limits.in_flight:
            await tell(Request(scope), *self._traffic.refusal(BUSY))(scope, receive, exchange.send)
        elif exchange.announces_too_much():
            await tell(Request(scope), problem_of_status(413))(scope, receive, exchange.send)
        else:
            await self._answer_in_time(exchange, scope, receive)

    async def _answer_in_time(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        exchange.begin()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError as error:
            if not exchange.ran_out_of_time():
                raise
            if exchange.status:
                raise TimeoutError from error
            await self._out_of_time(exchange, Request(scope))(scope, receive, exchange.send)
        finally:
            exchange.take_all_time()

    def _out_of_time(self, exchange: "_Exchange", request: Request) -> Response:
        if not exchange.is_whole:
            return tell(request, problem_of_status(408))
        detail = TOO_SLOW if tells_people(request) else EVENT_TOO_SLOW
        return tell(request, *self._traffic.refusal(detail))


class _Exchange:
    """One request and its answer."""

    __slots__ = (
        *("_announced", "_began", "_bytes", "_is_late", "_most", "_receive", "_scope", "_send", "_task"),
        *("_traffic", "is_whole", "status"),
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, traffic: Traffic) -> None:
        self._began = time.perf_counter()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._traffic = traffic
        self._most = traffic.limits.bytes_at(scope["path"])
        self._announced = _announced_bytes(scope)
        self._bytes = 0
        self._task: asyncio.Task[Any] | None = None
        self._is_late = False
        self.is_whole = self._announced == 0
        self.status = 0

    def announces_too_much(self) -> bool:
        return self._announced is not None and self._announced > self._most

    async def receive(self) -> Message:
        """Count what arrives: a chunked body announces nothing."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if self._bytes > self._most:
                raise TooLarge
            if not self.is_whole and not message.get("more_body", False):
                self.is_whole = True
                if self._task is not None and not self.status:
                    self._traffic.give(self, self._traffic.limits.answer_within)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.take_all_time()
            query = self._scope["query_string"]
            if query and credentials.in_query(query):
                message["headers"] = [*_without(message, b"cache-control"), *_WITH_TOKEN_IN_URL]
        await self._send(message)

    def begin(self) -> None:
        """Let a deadline run for the body, then for the answer, until the answer begins."""
        self._task = asyncio.current_task()
        limits = self._traffic.limits
        self._traffic.give(self, limits.answer_within if self.is_whole else limits.body_within)

    def take_all_time(self) -> None:
        self._traffic.give_all_time(self)

    def break_off(self) -> None:
        """Cancel what makes the answer."""
        assert self._task is not None, "deadlines are set while it runs"
        self._is_late = True
        self._task.cancel()

    def ran_out_of_time(self) -> bool:
        """Say whether it was cancelled for being late, and for nothing else; the task may then go on."""
        return self._is_late and self._task is not None and was_broken_off(self._task)

    def account(self) -> None:
        """Measure and log."""
        route = getattr(self._scope.get("route"), "path", "none")
        account(self._began, self._scope["method"], route, self.status, _path(self._scope))


def _announced_bytes(scope: Scope) -> int | None:
    """Return how long a request says its body is; None where it says that there is one but not how long."""
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
        chunked = chunked or name == b"transfer-encoding"
    return None if chunked else 0


def _without_body(send: Send) -> Send:
    """Return what sends the head of the same answer, and ends it there: its content could have no end."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


def _without(message: Mapping[str, Any], name: bytes) -> list[tuple[bytes, bytes]]:
    return [header for header in message.get("headers", ()) if header[0].lower() != name]


def _path(scope: Scope) -> str:
    """Return the path as it came over the wire, percent-encoded, so that it stays on one line."""
    raw: bytes = scope.get("raw_path") or b""
    return raw.partition(b"?")[0].decode("ascii", "backslashreplace")
