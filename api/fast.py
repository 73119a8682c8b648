"""Fast roads: the plain case of a route that is called very often, answered before any framework sees it.

A road leads to the same rules as its route, by a shorter way. Whatever is not plain it leaves to the route:
it says so having changed nothing, and the request goes on as if the road were not there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import Message

from api.errors import answer, refusal, unexpected
from api.state import RawHeaders, Road
from api.traffic import EVENT_TOO_SLOW, Traffic, account, was_broken_off
from core.errors import EduTrackError

Reply = Callable[[Response], None]


class FastRoads:
    """The roads of an application. `cors` adds headers for pages of other origins, if any may call."""

    def __init__(
        self, app: FastAPI, roads: Sequence[Road], traffic: Traffic, cors: CORSMiddleware | None
    ) -> None:
        self._app = app
        self._roads = {road.path.encode(): road for road in roads}
        self.traffic = traffic
        self._cors = cors

    def at(self, target: bytes) -> Road | None:
        """Return the road to a request target, which has no query then."""
        return self._roads.get(target)

    def take(self, road: Road, headers: RawHeaders, body: bytes, reply: Reply) -> asyncio.Task[None] | None:
        """Return what answers a POST by `reply`, or None: it is for the route to answer."""
        if self.traffic.is_full:
            return None
        answering = road.take(headers, body, self._app.state.edutrack)
        if answering is None:
            return None
        self.traffic.in_flight += 1
        crossing = _Crossing(road, headers, answering, reply)
        crossing.task = asyncio.get_running_loop().create_task(self._cross(crossing))
        return crossing.task

    async def _cross(self, crossing: "_Crossing") -> None:
        traffic, began, road = self.traffic, time.perf_counter(), crossing.road
        traffic.give(crossing, traffic.limits.answer_within)
        try:
            response = await self._answer(crossing)
        finally:
            traffic.give_all_time(crossing)
            traffic.in_flight -= 1
        if self._cors is not None:
            await _tell_other_origins(self._cors, crossing.headers, response)
        crossing.reply(response)
        account(began, "POST", road.path, response.status_code, road.path)

    async def _answer(self, crossing: "_Crossing") -> Response:
        try:
            return await crossing.answering
        except EduTrackError as error:
            return refusal(error)
        except asyncio.CancelledError:
            if not crossing.is_late or not was_broken_off(crossing.task):
                raise
            return answer(*self.traffic.refusal(EVENT_TOO_SLOW))
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and answered with 500
            return unexpected(error)


class _Crossing:
    """One request on a road."""

    __slots__ = ("answering", "headers", "is_late", "reply", "road", "task")

    def __init__(self, road: Road, headers: RawHeaders, answering: Awaitable[Response], reply: Reply) -> None:
        self.road = road
        self.headers = headers
        self.answering = answering
        self.reply = reply
        self.is_late = False
        self.task: asyncio.Task[None]

    def break_off(self) -> None:
        self.is_late = True
        self.task.cancel()


async def _tell_other_origins(cors: CORSMiddleware, headers: RawHeaders, response: Response) -> None:
    """Add the headers with which pages of other origins may read an answer, as on every other way."""
    message: Message = {"type": "http.response.start", "headers": response.raw_headers}
    await cors.send(message, _nowhere, Headers(raw=list(headers)))
    response.raw_headers = message["headers"]


async def _nowhere(_: Message) -> None:
    """Send nothing: only the headers are wanted."""
