"""HTTP/1.1 as the server speaks it, with an end to the head of a request and a short way for fast roads."""

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from starlette.responses import Response
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from api.fast import FastRoads
from api.state import RawHeaders, Road
from api.transport import GatheringTransport
from core.deadlines import Deadlines

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 64 * 1024

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_CLOSE = (b"connection", b"close")
_IDLE_LOOK_SECONDS = 1
_SLOW_BODY_SECONDS = 1
"""A body that takes longer is the server's to wait for, with a deadline of its own."""


def http(roads: FastRoads) -> Callable[..., "Http"]:
    """Return what makes the connections of a server whose application has these roads."""
    idle = Deadlines[Http](Http._time_is_over, look_every=_IDLE_LOOK_SECONDS)  # noqa: SLF001 - its own
    return partial(Http, roads=roads, idle=idle)


class Http(HttpToolsProtocol):
    """One connection.

    A request on a fast road that comes by itself is answered along it. Everything else is the server's, which
    then gets the request as if it had just come. Also refuses a request line and headers that do not end: the
    parser would keep all of them in memory.
    """

    transport: GatheringTransport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        roads: FastRoads,
        idle: Deadlines["Http"],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._roads = roads
        self._idle = idle
        self._road: Road | None = None
        self._headers: RawHeaders = []
        self._body = bytearray()
        self._awaits_body = False
        self._head_bytes = 0
        self._reading_head = False
        self._another_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Write through what gathers, and wait for a first head as long as for a next one."""
        super().connection_made(GatheringTransport(transport))
        self._idle.set(self, self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._await_no_body()
        self._road = None
        self._idle.clear(self)
        super().connection_lost(exc)
        self.cycle = None  # type: ignore[assignment]  # it refers to us

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what it then still holds of a head is counted."""
        self._another_ended = False
        super().data_received(data)
        if self._road is not None and not self._awaits_body:
            self._await_body()
        if self._reading_head:
            self._await_head(data)

    def _await_head(self, data: bytes) -> None:
        """Give the rest of a head the time that a next request would have, and not all memory."""
        if not self._head_bytes:
            self._idle.set(self, self.timeout_keep_alive)
        if self._another_ended:  # nobody knows how much of the data is the head's
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            log.warning("a request with endless headers was refused")
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Start to count. The server's own preparations wait until it is known that it answers."""
        self._reading_head, self._head_bytes = True, 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Count no more: bodies have a limit of their own. Trailers are no headers, and nobody reads them."""
        self._reading_head = False
        self._idle.clear(self)
        self._headers, self.headers = self.headers, []
        self._road = self._roads.at(self.url)
        if self._road is None or not self._may_take_road():
            self._leave_road()

    def on_body(self, body: bytes) -> None:
        """Keep what a road takes."""
        if self._road is None:
            super().on_body(body)
        else:
            self._body += body
            if len(self._body) > self._roads.traffic.limits.body_bytes:
                self._leave_road()

    def on_message_complete(self) -> None:
        """Take the road, if it takes the request."""
        self._another_ended = True
        if self._road is not None:
            self._await_no_body()
            cycle = _RoadCycle(self)
            task = self._roads.take(self._road, self._headers, bytes(self._body), cycle.reply)
            if task is not None:
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
                self.cycle = cycle  # type: ignore[assignment]
                self._road, self._body = None, bytearray()
                return
            self._leave_road()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request in our way: any byte, of an empty line say, ends that of the server."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
            self._idle.set(self, self.timeout_keep_alive)

    def shutdown(self) -> None:
        """Finish the request that is being answered, or is still coming, and close."""
        if self._road is not None:
            self._leave_road()
        super().shutdown()

    def _await_body(self) -> None:
        """Give the rest of a body a little time; a request counts from its head on."""
        traffic = self._roads.traffic
        if traffic.is_full:
            self._leave_road()
            return
        self._awaits_body = True
        traffic.in_flight += 1
        self._idle.set(self, _SLOW_BODY_SECONDS)

    def _await_no_body(self) -> None:
        if self._awaits_body:
            self._awaits_body = False
            self._roads.traffic.in_flight -= 1
            self._idle.clear(self)

    def _time_is_over(self) -> None:
        if self._road is not None:
            self._leave_road()
        else:
            self.timeout_keep_alive_handler()

    def _may_take_road(self) -> bool:
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not (self.expect_100_continue or parser.should_upgrade())
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused  # the server waits until the client reads its answers
        )

    def _leave_road(self) -> None:
        """Hand the server what has come of a request so far."""
        url, expects = self.url, self.expect_100_continue
        body, self._body, self._road = bytes(self._body), bytearray(), None
        self._await_no_body()
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(self._headers)
        super().on_headers_complete()
        self.headers = []
        if body:
            super().on_body(body)

    def finish(self, response: Response, *, keep_alive: bool) -> None:
        """Send a whole answer, and wait for the next request."""
        self.transport.write_now(self._encoded(response, keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()
        elif self.pipeline:
            self.on_response_complete()
            return
        else:
            self._idle.set(self, self.timeout_keep_alive)
        self.server_state.total_requests += 1

    def _encoded(self, response: Response, *, keep_alive: bool) -> bytes:
        headers = (*self.server_state.default_headers, *response.raw_headers)
        return _head(response.status_code, headers if keep_alive else (*headers, _CLOSE)) + response.body


@lru_cache(maxsize=64)
def _head(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return the head of an answer; those of one second are mostly alike."""
    lines = [b"%s: %s\r\n" % header for header in headers]
    return b"".join((STATUS_LINE[status], *lines, b"\r\n"))


class _RoadCycle:
    """What the server has in place of a cycle of its own while a request is on a road."""

    message_event = asyncio.Event()
    """Set when the client is gone; nobody waits for it here."""

    __slots__ = ("_connection", "disconnected", "keep_alive", "response_complete")

    def __init__(self, connection: Http) -> None:
        self._connection = connection
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False

    def reply(self, response: Response) -> None:
        self.response_complete = True
        if not self.disconnected and not self._connection.transport.is_closing():
            self._connection.finish(response, keep_alive=self.keep_alive)
