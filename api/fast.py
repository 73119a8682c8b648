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
        messages = await _read(receive)
        response = await _drive(road, scope, messages)
        if response is None:
            await self._app(scope, _again(messages, receive), send)
            return
        scope["route"] = road
        await response(scope, receive, send)


async def _drive(road: Road, scope: Scope, messages: Sequence[Message]) -> Response | None:
    if messages[-1]["type"] != "http.request":  # the client has gone
        return None
    try:
        return await road.drive(scope, _body(messages), scope["app"].state.edutrack)
    except EduTrackError as error:
        return refusal(Request(scope), error)


async def _read(receive: Receive) -> list[Message]:
    """Return what arrives up to the end of the body, or of the connection."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _body(messages: Sequence[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Return what receives the same messages once more, then what comes after them."""

    async def receive_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return receive_again
