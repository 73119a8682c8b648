"""A site of another origin than the API's: pages with players, what they play, and ways to hold that up."""

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

PAGES = Path(__file__).parent / "pages"
PLAYERS = Path(__file__).parents[2] / "build" / "players" / "node_modules"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".m3u8": "application/vnd.apple.mpegurl",
}
CHUNK = 4096
PATIENCE = 30


@dataclass
class Site:
    """Serves `pages` with their `$placeholders` filled from the query, and the clip, once for each viewer."""

    url: str = ""
    clips: dict[str, bytes] = field(default_factory=dict)
    """By suffix."""
    gates: dict[str, tuple[float, threading.Event]] = field(default_factory=dict)

    def page(self, name: str, viewer: str, **fields: object) -> str:
        """Return the address of a page for one viewer."""
        media = {
            "clip": f"/clip/{viewer}.webm",
            "playlist": f"/clip/{viewer}.m3u8",
            "heartbeat": 2,
            "resume": "plain",
        }
        return f"{self.url}/{name}.html?{urlencode(media | fields)}"

    def hold(self, viewer: str, share: float) -> None:
        """Send this viewer nothing of the clip beyond a share of it, until it is released."""
        self.gates[viewer] = (share, threading.Event())

    def release(self, viewer: str) -> None:
        self.gates[viewer][1].set()

    def await_passage(self, viewer: str, share: float) -> None:
        """Wait until so much of the clip may be sent."""
        gate = self.gates.get(viewer)
        if gate is not None and share > gate[0]:
            gate[1].wait(PATIENCE)

    def playlist(self, viewer: str) -> str:
        """Return the clip as a list of byte ranges for HLS."""
        found = fragments(self.clips[".mp4"])
        head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", "#EXT-X-PLAYLIST-TYPE:VOD"]
        first = found[0][0]
        lines = [*head, f'#EXT-X-MAP:URI="/clip/{viewer}.mp4",BYTERANGE="{first}@0"']
        for offset, length in found:
            lines += ["#EXTINF:0.5,", f"#EXT-X-BYTERANGE:{length}@{offset}", f"/clip/{viewer}.mp4"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def fragments(clip: bytes) -> list[tuple[int, int]]:
    """Return offset and length of each fragment of an MP4 file: a `moof` box and the `mdat` behind it."""
    found: list[tuple[int, int]] = []
    offset = 0
    while offset < len(clip):
        length = int.from_bytes(clip[offset : offset + 4], "big")
        if clip[offset + 4 : offset + 8] == b"moof":
            found.append((offset, length))
        elif found:
            found[-1] = (found[-1][0], offset + length - found[-1][0])
        offset += length
    return found


@contextmanager
def serving_site() -> Iterator[Site]:
    """Run a site on a port of its own."""
    site = Site()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site)) as server:
        server.daemon_threads = True
        site.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Site, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        name = Path(path)
        if path.startswith("/clip/"):
            self._clip(name.stem, name.suffix)
        elif path.startswith("/players/"):
            self._send((PLAYERS / path.removeprefix("/players/")).read_bytes(), name.suffix)
        elif (PAGES / name.name).is_file():
            text = (PAGES / name.name).read_text()
            self._send(Template(text).safe_substitute(query).encode(), name.suffix)
        else:
            self.send_error(404)

    def _clip(self, viewer: str, suffix: str) -> None:
        if suffix == ".m3u8":
            self._send(self._site.playlist(viewer).encode(), suffix)
            return
        clip = self._site.clips[suffix]
        first, last = 0, len(clip) - 1
        if suffix == ".mp4":  # what HLS lists are ranges
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"])
            assert asked, "a list of ranges asks for ranges"
            first, last = int(asked[1]), int(asked[2])
        self.send_response(206 if suffix == ".mp4" else 200)
        self.send_header("Content-Type", TYPES[suffix])
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        for offset in range(first, last + 1, CHUNK):
            end = min(offset + CHUNK, last + 1)
            self._site.await_passage(viewer, end / len(clip))
            with suppress(ConnectionError):  # a browser hangs up when it has enough
                self.wfile.write(clip[offset:end])

    def _send(self, content: bytes, suffix: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
