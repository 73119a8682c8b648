"""What happens to every request, in one thin layer: size limit, metrics, log line, headers, last resort.

Plain ASGI: the frameworks' own base class costs more than all of this.
"""

import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import credentials
from api.errors import TooLarge, answer, problem_of_status, unexpected
from core.metrics import REQUESTS

log = logging.getLogger("edutrack.access")

MAX_BODY_BYTES = 1 << 20

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WITH_TOKEN_IN_URL = [(b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store")]
_SERVER_ERROR = 500


class Edge:
    """Outermost layer but CORS."""

    def __init__(self, app: ASGIApp, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # routes are declared for GET alone; RFC 9110 section 9.3.2
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        exchange = _Exchange(scope, receive, send, self._max_body_bytes)
        try:
            if exchange.announces_too_much():
                await answer(problem_of_status(413))(scope, receive, exchange.send)
            else:
                await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.status:  # too late for an answer: the server breaks the connection off
                raise
            await unexpected(error)(scope, receive, exchange.send)
        finally:
            exchange.account()


class _Exchange:
    """One request and its answer."""

    __slots__ = ("_began", "_bytes", "_limit", "_receive", "_scope", "_send", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._began = time.perf_counter()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._bytes = 0
        self.status = 0

    def announces_too_much(self) -> bool:
        for name, value in self._scope["headers"]:
            if name == b"content-length":
                return value.isdigit() and int(value[:20]) > self._limit
        return False

    async def receive(self) -> Message:
        """Count what arrives: a chunked body announces nothing."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if self._bytes > self._limit:
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            query = self._scope["query_string"]
            if query and credentials.in_query(query):
                message["headers"] = [*_without(message, b"cache-control"), *_WITH_TOKEN_IN_URL]
        await self._send(message)

    def account(self) -> None:
        """Measure and log; the query may hold a token, so it is left out."""
        seconds = time.perf_counter() - self._began
        method = self._scope["method"]
        route = getattr(self._scope.get("route"), "path", "none")
        _duration(method if method in _METHODS else "other", route, self.status).observe(seconds)
        level = logging.INFO if self.status >= _SERVER_ERROR else logging.DEBUG
        if log.isEnabledFor(level):
            log.log(level, "%s %s %s %.1f ms", method, _path(self._scope), self.status, seconds * 1000)


def _without_body(send: Send) -> Send:
    """Return what sends the same answer without its content."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

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
