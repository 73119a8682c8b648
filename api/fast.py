"""Fast roads: what answers the plain case of a route before the framework gets to see it.

A road leads to the same rules as its route, by a shorter way. Whatever is not plain it leaves to the route:
it returns None, having changed nothing, and the request goes on as if the road were not there.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import refusal
from api.state import Road
from core.errors import EduTrackError


class FastRoads:
    """Sends what a road takes along it, and everything else on; stands inside of `Edge`."""

    def __init__(self, app: ASGIApp, roads: Sequence[Road]) -> None:
        self._app = app
        self._roads = {road.path: road for road in roads}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        road = self._roads.get(scope["path"]) if scope["type"] == "http" else None
        if road is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body, is_whole = await _read(receive)
        response = await _drive(road, scope, body) if is_whole else None
        if response is None:
            await self._app(scope, _again(body, receive, is_whole=is_whole), send)
            return
        scope["route"] = road
        await response(scope, receive, send)


async def _drive(road: Road, scope: Scope, body: bytes) -> Response | None:
    try:
        return await road.drive(scope, body, scope["app"].state.edutrack)
    except EduTrackError as error:
        return refusal(Request(scope), error)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Return a body, and whether it is whole: the client may go before its end."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body), False
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body), True


def _again(body: bytes, receive: Receive, *, is_whole: bool) -> Receive:
    """Return what receives a body once more, then what comes after it."""
    read: list[Message] = [{"type": "http.request", "body": body, "more_body": not is_whole}]
    if not is_whole:
        read.append({"type": "http.disconnect"})

    async def receive_again() -> Message:
        return read.pop(0) if read else await receive()

    return receive_again
