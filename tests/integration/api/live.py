"""A server over real sockets, an import, and somebody who watches it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from api.server import Server
from api.videos.app import SERVICE as VIDEOS
from api.videos.desk import ImportDesk
from core.database import Sessions
from core.imports import claims, requests
from core.imports.claims import Claim
from core.imports.live import announce
from core.settings import Settings
from core.tables import Course
from tests.integration.api.conftest import Api, Callers, serving, until

SOON = 10


@dataclass
class Live:
    """A server, somebody who watches, and the import to watch."""

    api: Api
    client: httpx.AsyncClient
    sessions: Sessions
    import_id: int
    server: Server

    @property
    def path(self) -> str:
        return f"/videos/imports/{self.import_id}/events"

    @property
    def places(self) -> int:
        return self.api.state.part(ImportDesk).streams._open

    @asynccontextmanager
    async def watching(self, **options: Any) -> AsyncIterator["Watch"]:
        async with self.client.stream("GET", self.path, **options) as answer:
            yield Watch(answer, answer.aiter_lines())

    async def claim(self) -> Claim:
        async with self.sessions.begin() as session:
            mine = await claims.claim(session, self.import_id, datetime.now(UTC))
            assert mine is not None
            return mine

    async def cancel(self) -> None:
        async with self.sessions.begin() as session:
            assert await requests.cancel(session, self.import_id)

    def limit(self, **changes: Any) -> None:
        streams = self.api.state.part(ImportDesk).streams
        streams._policy = replace(streams._policy, **changes)

    async def announce(self) -> None:
        await announce(self.api.state.redis, self.import_id)


@dataclass
class Watch:
    """A stream as a client reads it."""

    answer: httpx.Response
    lines: AsyncIterator[str]
    last_id: str = ""

    async def comment(self) -> str:
        async with asyncio.timeout(SOON):
            async for line in self.lines:
                if line.startswith(":"):
                    return f"{line}\n\n"
        raise AssertionError("it ended")

    async def state(self) -> Any:
        """Return the next state; None where the stream has ended."""
        async with asyncio.timeout(SOON):
            async for line in self.lines:
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                if name == "data":
                    return json.loads(value)
        return None


@asynccontextmanager
async def server(settings: Settings, sessions: Sessions, callers: Callers) -> AsyncIterator[Live]:
    listening = socket.create_server(("127.0.0.1", 0))
    async with sessions.begin() as session:
        course = Course(course_title="Optics", playlist_id="PLoptics")
        session.add(course)
        await session.flush()
        import_id = (await requests.request(session, course.id, None)).id
    async with serving(settings, VIDEOS) as api:
        running = Server(settings, api.app)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        await until(lambda: running.started)
        host, port = listening.getsockname()
        async with httpx.AsyncClient(
            base_url=f"http://{host}:{port}", headers=callers.admin, timeout=SOON
        ) as client:
            yield Live(api, client, sessions, import_id, running)
        running.should_exit = True
        await task
