"""An HTTPS server on a port of its own, in threads, whose answers may be as bad as answers get."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from tests.youtube.certificate import make_certificate
from tests.youtube.playlists import Kind, Playlist, Trouble

CHUNK = b" " * 65_536


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """What is sent back."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    """A way of sending it that is no good."""


@dataclass
class YouTube:
    """A server that runs. What it serves and the trouble it is in may be changed while it does."""

    playlists: dict[str, Playlist] = field(default_factory=dict)
    trouble: Trouble | None = None
    pause: float = 0.0
    """Seconds every answer takes."""
    asked: list[Asked] = field(default_factory=list)
    host: str = ""
    ca_file: Path = Path()
    closing: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def add(self, playlist: Playlist) -> None:
        self.playlists[playlist.id] = playlist

    def hit(self, page: int) -> Trouble | None:
        """Return the trouble this page is in."""
        return self.trouble if self.trouble and self.trouble.strikes(page) else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    youtube: YouTube

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        asked = Asked(self.command, url.path, dict(parse_qsl(url.query)), dict(self.headers), body)
        self.youtube.asked.append(asked)
        self.youtube.closing.wait(self.youtube.pause)
        with suppress(OSError):
            self._send(self.youtube.answer(asked))

    do_POST = do_GET  # noqa: N815 # http.server looks for this name

    def _send(self, answer: Answer) -> None:
        if answer.kind is Kind.HANG:
            self.youtube.closing.wait()
            return
        body = b"<html>oops" if answer.kind is Kind.GARBAGE else json.dumps(answer.body).encode()
        too_much = {Kind.CUT: 1_000, Kind.DRIP: 1 << 20}.get(answer.kind or Kind.GARBAGE, 0)
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        if answer.kind is Kind.HUGE:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body) + too_much))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self._go_on(answer.kind)

    def _go_on(self, kind: Kind | None) -> None:
        """Send what follows a body that is not whole."""
        if kind is Kind.CUT:
            self.close_connection = True
        while kind is Kind.HUGE and not self.youtube.closing.is_set():
            self.wfile.write(CHUNK)
        while kind is Kind.DRIP and not self.youtube.closing.wait(0.2):
            self.wfile.write(b" ")


Y = TypeVar("Y", bound=YouTube)


@contextmanager
def serving(youtube: Y) -> Iterator[Y]:
    """Serve with TLS until the block ends."""
    handler = type("BoundHandler", (Handler,), {"youtube": youtube})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients that hang up are tests
    with TemporaryDirectory() as folder:
        certificate = make_certificate(Path(folder))
        context = certificate.server_context()
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        youtube.host = f"127.0.0.1:{server.server_port}"
        youtube.ca_file = certificate.certificate
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield youtube
        finally:
            youtube.closing.set()
            server.shutdown()
            server.server_close()
            thread.join()
