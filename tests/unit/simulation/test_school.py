"""How the simulated students' client insists, against a server that really answers."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulation.errors import NotAccepted
from simulation.school import Insistence, School, Tally
from simulation.visitor import Visitor

HASTY = Insistence(attempts=3, pause=timedelta(milliseconds=1))


class Scripted(BaseHTTPRequestHandler):
    """Answers as its server's list says, one after the other."""

    answers: list[tuple[int, bytes]]
    requests: list[tuple[str, str | None]]

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.requests.append((self.path, self.headers.get("Authorization")))
        status, body = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Scripted]]]:
    handler = type("Handler", (Scripted,), {"answers": [], "requests": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


async def test_a_request_is_sent_again_while_the_stack_is_busy(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.answers = [(503, b"{}"), (429, b"{}"), (201, b"{}")]
    tally = Tally()
    async with School(url, tally, HASTY) as school:
        answer = await school.call("POST", "/progress", json={})
    assert answer.status_code == 201
    assert tally.answers == {503: 1, 429: 1, 201: 1}
    assert tally.repeated == 2


async def test_a_stack_that_stays_away_is_given_up(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.answers = [(503, b"{}")] * 3
    async with School(url, Tally(), HASTY) as school:
        with pytest.raises(NotAccepted, match="tried 3 times, at last: 503"):
            await school.call("GET", "/courses")


async def test_a_refusal_is_told_with_its_reason(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.answers = [(404, b'{"detail": "there is no such video"}')]
    async with School(url, Tally(), HASTY) as school:
        with pytest.raises(NotAccepted, match="answered 404: there is no such video"):
            await school.call("GET", "/videos/course/1")


async def test_nobody_listening_is_waited_for_and_then_given_up() -> None:
    async with School("http://127.0.0.1:9", Tally(), HASTY) as school:
        with pytest.raises(NotAccepted, match="ConnectError"):
            await school.call("GET", "/courses")


async def test_a_visitor_whose_token_has_expired_signs_in_again(server: tuple[str, type[Scripted]]) -> None:
    url, handler = server
    handler.answers = [
        (200, b'{"access_token": "old"}'),
        (401, b"{}"),
        (200, b'{"access_token": "new"}'),
        (200, b'{"id": 7}'),
    ]
    async with School(url, Tally(), HASTY) as school:
        visitor = Visitor(school, "ada", "correct horse")
        await visitor.sign_in()
        assert await visitor.user_id() == 7
    assert [token for path, token in handler.requests if path == "/auth/users/me"] == [
        "Bearer old",
        "Bearer new",
    ]
