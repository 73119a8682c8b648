"""HTTP/1.1 as the server speaks it, with an end to the head of a request."""

import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)

MAX_HEAD_BYTES = 64 * 1024

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHead(HttpToolsProtocol):
    """Refuses a request line and headers that do not end: the parser would keep all of them in memory."""

    _reading_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what it then still holds of a head is counted."""
        super().data_received(data)
        if not self._reading_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            log.warning("a request with endless headers was refused")
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Start to count."""
        self._reading_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no more: bodies have a limit of their own."""
        self._reading_head = False
        super().on_headers_complete()
