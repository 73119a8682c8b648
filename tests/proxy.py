"""A way to a server that can be cut and mended, so that a shared server seems to go away for one test."""

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from stack.ports import pick_port

CHUNK = 65_536


class Proxy:
    """Passes connections on to an address while it is open; on a port of its own that never changes."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening: socket.socket | None = None
        self._passed_on: list[socket.socket] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self.port = pick_port(taken=set())

    @classmethod
    def to(cls, url: str) -> Self:
        """Return a proxy to the server of a URL."""
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        return cls(parts.hostname, parts.port)

    def url(self, url: str) -> str:
        """Return a URL that leads through here."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}").geturl()

    def mend(self) -> None:
        """Accept connections."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """Refuse new connections and reset those there are."""
        for each in (self._listening, *self._passed_on):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._listening = None
        self._passed_on.clear()

    def stall(self) -> None:
        """Let nothing through, and tell nobody."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let through what was held up, and all that follows."""
        self._flowing.set()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(self._target)
                self._passed_on += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
