"""The player script for everybody's pages: for a tag, for `import`, and its types for editors."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from fastapi import APIRouter, Request, Response, status

FOLDER = Path(__file__).parent
JAVASCRIPT = "text/javascript; charset=utf-8"
FILES = {
    "edutrack.js": (FOLDER / "built" / "edutrack.js", JAVASCRIPT),
    "edutrack.mjs": (FOLDER / "built" / "edutrack.mjs", JAVASCRIPT),
    "edutrack.d.ts": (FOLDER / "edutrack.d.ts", "text/plain; charset=utf-8"),
}

_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # pages of other origins may import it, and check its integrity
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=600, stale-while-revalidate=86400",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is answered, plain and compressed."""

    plain: bytes
    compressed: bytes
    digest: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read one."""
        plain = path.read_bytes()
        return cls(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:16])


_read = lru_cache(File.of)


def _answer(name: str) -> Callable[[Request], Awaitable[Response]]:
    path, media_type = FILES[name]

    async def answer(request: Request) -> Response:
        file = _read(path)
        compressed = "gzip" in request.headers.get("Accept-Encoding", "")
        etag = f'"{file.digest}{"-gzip" if compressed else ""}"'
        headers = {**_HEADERS, "ETag": etag}
        if etag in request.headers.get("If-None-Match", ""):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
        if compressed:
            headers["Content-Encoding"] = "gzip"
        content = file.compressed if compressed else file.plain
        return Response(content, media_type=media_type, headers=headers)

    return answer


router = APIRouter(prefix="/sdk", include_in_schema=False)
for each in FILES:
    router.add_api_route(f"/{each}", _answer(each))
