"""The wires between our processes and the servers: cut, stalled, slowed, or cut at one word."""

import socket
import threading
import time
from contextlib import suppress

from stack.ports import LOOPBACK
from tests.proxy import CHUNK, Proxy


class Wire(Proxy):
    """A proxy that outlives its server and can do more harm."""

    delay = 0.0
    """Seconds that a round trip takes longer."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self._targets = [(host, port)]
        self._turn = 0
        self._word: bytes | None = None
        self._every = 1
        self._seen = 0
        self.cuts = 0

    def lead_to(self, *ports: int) -> None:
        """Connect to other ports from now on, in turn, passing over where nobody listens."""
        self._targets = [(LOOPBACK, port) for port in ports]

    def forget(self) -> None:
        """Let nothing through on connections there are, for ever, and tell nobody; new ones are fine."""
        self._flowing.clear()
        self._flowing = threading.Event()
        self._flowing.set()

    def cut_at(self, word: bytes | None, *, every: int = 1) -> None:
        """Cut a connection where a client says a word: by turns just before and just after it gets through."""
        self._word, self._every = word, every

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = self._reach()
        if server is None:
            client.close()
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._passed_on += [client, server]
        for source, sink, spoken in ((client, server, True), (server, client, False)):
            threading.Thread(
                target=self._carry, args=(source, sink, spoken, self._flowing), daemon=True
            ).start()

    def _reach(self) -> socket.socket | None:
        self._turn += 1
        for number in range(len(self._targets)):
            with suppress(OSError):
                return socket.create_connection(self._targets[(self._turn + number) % len(self._targets)])
        return None

    def _carry(
        self, source: socket.socket, sink: socket.socket, spoken_by_client: bool, flowing: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                flowing.wait()
                if self.delay:
                    time.sleep(self.delay / 2)
                cut = spoken_by_client and self._is_cut_by(data)
                if not cut or self.cuts % 2:
                    sink.sendall(data)
                if cut:
                    break
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            with suppress(ValueError):
                self._passed_on.remove(each)

    def _is_cut_by(self, data: bytes) -> bool:
        if self._word is None or self._word not in data:
            return False
        self._seen += 1
        cut = self._seen % self._every == 0
        self.cuts += cut
        return cut
