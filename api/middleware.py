"""What happens to every request, in one thin layer: size limit, metrics, log line, headers, last resort.

Plain ASGI: the frameworks' own base class costs more than all of this.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from prometheus_client import Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import credentials
from api.errors import TooLarge, answer, problem_of, problem_of_status, unexpected
from core.deadlines import Deadlines
from core.errors import Unavailable
from core.metrics import REQUESTS

log = logging.getLogger("edutrack.access")

BUSY = "too many requests are being answered: try again soon"
TOO_SLOW = "the answer took too long: try again soon, an event with the same event_id"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on before it refuses, so that a backlog neither hangs nor fills the memory."""

    body_bytes: int = 1 << 20
    file_bytes: int = 16 << 20
    files: frozenset[str] = frozenset({"/rosters"})
    """Paths that take a whole file."""
    body_within: timedelta = timedelta(seconds=10)
    answer_within: timedelta = timedelta(seconds=2.8)
    """From the last byte of a request to the first one of its answer."""
    in_flight: int = 2_000
    retry_after: int = 2

    def bytes_at(self, path: str) -> int:
        """Return how long a body may be."""
        return self.file_bytes if path in self.files else self.body_bytes


LIMITS = Limits()

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_TOKEN_IN_URL = [(b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store")]
_SERVER_ERROR = 500


class Edge:
    """Outermost layer but CORS."""

    def __init__(self, app: ASGIApp, limits: Limits = LIMITS) -> None:
        self._app = app
        self._limits = limits
        self._in_flight = 0
        self._deadlines = Deadlines[_Exchange](_Exchange.break_off)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # routes are declared for GET alone; RFC 9110 section 9.3.2
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        exchange = _Exchange(scope, receive, send, self._limits, self._deadlines)
        self._in_flight += 1
        try:
            await self._answer(exchange, scope, receive)
        except Exception as error:
            if exchange.status:  # too late for an answer: the server breaks the connection off
                raise
            too_large = isinstance(error, TooLarge)
            refusal = answer(problem_of_status(413)) if too_large else unexpected(Request(scope), error)
            await refusal(scope, receive, exchange.send)
        finally:
            self._in_flight -= 1
            exchange.account()

    async def _answer(self, exchange: "_Exchange", scope: Scope, receive: Receive) -> None:
        if self._in_flight > self._limits.in_flight:
            await self._refuse(BUSY)(scope, receive, exchange.send)
        elif exchange.announces_too_much():
            await answer(problem_of_status(413))(scope, receive, exchange.send)
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
            refusal = self._refuse(TOO_SLOW) if exchange.is_whole else answer(problem_of_status(408))
            await refusal(scope, receive, exchange.send)
        finally:
            exchange.take_all_time()

    def _refuse(self, detail: str) -> Response:
        problem = problem_of(Unavailable, detail)
        return answer(problem, {"Retry-After": str(self._limits.retry_after)})


class _Exchange:
    """One request and its answer."""

    __slots__ = (
        *("_announced", "_began", "_bytes", "_deadlines", "_is_late", "_limits", "_most", "_receive"),
        *("_scope", "_send", "_task", "is_whole", "status"),
    )

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, limits: Limits, deadlines: Deadlines["_Exchange"]
    ) -> None:
        self._began = time.perf_counter()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limits = limits
        self._most = limits.bytes_at(scope["path"])
        self._deadlines = deadlines
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
                if not self.status:
                    self._end_in(self._limits.answer_within)
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
        self._end_in(self._limits.answer_within if self.is_whole else self._limits.body_within)

    def take_all_time(self) -> None:
        self._deadlines.clear(self)

    def break_off(self) -> None:
        """Cancel what makes the answer."""
        assert self._task is not None, "deadlines are set while it runs"
        self._is_late = True
        self._task.cancel()

    def ran_out_of_time(self) -> bool:
        """Say whether it was cancelled for being late, and for nothing else; the task may then go on."""
        return self._is_late and self._task is not None and not self._task.uncancel()

    def _end_in(self, within: timedelta) -> None:
        if self._task is not None:
            self._deadlines.set(self, within.total_seconds())

    def account(self) -> None:
        """Measure and log; the query may hold a token, so it is left out."""
        seconds = time.perf_counter() - self._began
        method = self._scope["method"]
        route = getattr(self._scope.get("route"), "path", "none")
        _duration(method if method in _METHODS else "other", route, self.status).observe(seconds)
        level = logging.INFO if self.status >= _SERVER_ERROR else logging.DEBUG
        if log.isEnabledFor(level):
            log.log(level, "%s %s %s %.1f ms", method, _path(self._scope), self.status, seconds * 1000)


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


@lru_cache(maxsize=1024)
def _duration(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, str(status))
