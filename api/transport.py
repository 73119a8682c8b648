"""Writing an answer in one piece."""

import asyncio
from typing import Any

GATHERED_BYTES = 64 * 1024


class GatheringTransport(asyncio.Transport):
    """Sends together what is written in one turn of the loop.

    The server writes head and body of an answer one after the other, and uvloop would send each by itself:
    two packets and two system calls, which are a good part of what a small answer costs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._gathered: list[bytes] = []
        self._bytes = 0

    def write(self, data: Any) -> None:
        """Send soon; at once where much has gathered, so that the flow control sees it."""
        if not self._gathered:
            self._loop.call_soon(self._send)
        self._gathered.append(data)
        self._bytes += len(data)
        if self._bytes > GATHERED_BYTES:
            self._send()

    def write_now(self, data: bytes) -> None:
        """Send what is whole by itself, behind what was gathered."""
        self._send()
        self._transport.write(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def _send(self) -> None:
        if self._gathered:
            self._transport.write(b"".join(self._gathered))
            self._gathered.clear()
            self._bytes = 0
