"""A connection to the server's own protocol, over a transport that keeps what is written."""

import asyncio
from collections.abc import Sequence
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, Self

from fastapi import FastAPI
from uvicorn.server import ServerState

from api.server import server_config
from core.settings import Settings

SOON = 10

SETTINGS = Settings(
    secret_key="a secret for tests, with enough bytes in it",
    database_url="postgresql://x/x",
    amqp_url="amqp://x/",
    redis_url="redis://x/",
)


class Recorder(asyncio.Transport):
    """A transport that keeps what is written, and what else it is asked for."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5)})
        self.written: list[bytes] = []
        self.calls: list[str] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return "close" in self.calls

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


class _Written(BytesIO):
    """What `HTTPResponse` reads from, in place of a socket and its file, and leaves open for the next one."""

    def makefile(self, *_: object) -> Self:
        return self

    def close(self) -> None:
        """Stay open."""


class Answer:
    """An answer as it came over the wire."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.content = response.read()


class Wire:
    """A connection. Within a running loop only."""

    def __init__(self, app: FastAPI, settings: Settings = SETTINGS) -> None:
        self.app = app
        config = server_config(settings, app)
        config.load()
        self.server = ServerState()
        self.recorder = Recorder()
        self.connection: Any = config.http_protocol_class(config, self.server, {})  # type: ignore[call-arg]
        self.connection.connection_made(self.recorder)

    def send(self, *parts: bytes) -> None:
        """Let parts arrive one by one."""
        for part in parts:
            self.connection.data_received(part)

    def hang_up(self) -> None:
        """Let the client go."""
        self.connection.connection_lost(None)

    async def answers(self, number: int = 1) -> list[Answer]:
        """Wait for so many answers; return all that have come."""
        async with asyncio.timeout(SOON):
            while len(found := self._read()) < number:
                await asyncio.sleep(0)
        return found

    async def until_idle(self) -> None:
        """Wait until nothing runs but the caller."""
        async with asyncio.timeout(SOON):
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)

    def _read(self) -> list[Answer]:
        written = b"".join(self.recorder.written)
        content, found = _Written(written), []
        while content.tell() < len(written):
            response = HTTPResponse(content)  # type: ignore[arg-type]
            response.begin()
            found.append(Answer(response))
        return found


def post(target: bytes, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """Return a request as a client writes it, in chunks where a header says so."""
    chunked = any(name == b"transfer-encoding" for name, _ in headers)
    if chunked:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    length = [] if chunked else [(b"content-length", b"%d" % len(body))]
    lines = [b"%s: %s\r\n" % header for header in ((b"host", b"edutrack"), *headers, *length)]
    return b"POST %s HTTP/1.1\r\n%s\r\n%s" % (target, b"".join(lines), body)
