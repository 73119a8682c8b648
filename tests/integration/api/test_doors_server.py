"""The server itself, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from api.courses.app import SERVICE as COURSES
from api.protocol import MAX_HEAD_BYTES
from api.server import AddressTaken, listen, server_config
from core.database import Sessions
from core.settings import Settings
from tests.integration.api.conftest import serving, until

LOOPBACK = "127.0.0.1"
SOON = 10


@pytest.fixture
async def address(settings: Settings, sessions: Sessions) -> AsyncIterator[tuple[str, int]]:
    listening = socket.create_server((LOOPBACK, 0))
    async with serving(settings, COURSES) as api:
        server = uvicorn.Server(server_config(settings, api.app))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started)
        yield listening.getsockname()
        server.should_exit = True
        await running


async def send(address: tuple[str, int], *parts: bytes) -> bytes:
    """Send bytes as they are; return the answer, or nothing where the connection just closes."""
    reader, writer = await asyncio.open_connection(*address)
    async with asyncio.timeout(SOON):
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await reader.read(4096)
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def test_an_answer_names_no_software(address: tuple[str, int]) -> None:
    answer = await send(address, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"server:" not in answer.lower()


@pytest.mark.parametrize("start", [b"GET /courses?", b"GET /courses HTTP/1.1\r\nHost: x\r\nX: "])
async def test_a_head_without_end_is_cut_off(address: tuple[str, int], start: bytes) -> None:
    answer = await send(address, start, *[b"x" * 10_000] * (2 * MAX_HEAD_BYTES // 10_000))
    assert not answer or answer.startswith(b"HTTP/1.1 431")
    assert (await send(address, b"GET /courses HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_large_token_is_no_endless_head(address: tuple[str, int]) -> None:
    head = b"GET /courses HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
    answer = await send(address, head, b"x" * 20_000, b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_line",
    [b"nonsense\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n", b"GET /\0 HTTP/1.1\r\n\r\n", b"\0\r\n\r\n"],
)
async def test_what_is_no_http_is_400(address: tuple[str, int], request_line: bytes) -> None:
    assert (await send(address, request_line)).startswith(b"HTTP/1.1 400")


async def test_10_mb_over_the_wire_are_answered_and_the_connection_lives_on(address: tuple[str, int]) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as client:
        for content in (b"x" * (10 << 20), chunks()):
            answer = await client.post("/courses/1/register", content=content)
            assert answer.status_code in {401, 413}
        assert (await client.get("/courses")).status_code == 200


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(10):
        yield b"x" * (1 << 20)


def test_a_port_that_is_taken_is_said_with_the_way_out(settings: Settings) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = settings.model_copy(update={"port": other.getsockname()[1]})
        with pytest.raises(AddressTaken, match=r"\(address already in use\).*EDUTRACK_PORT"):
            listen(taken)
