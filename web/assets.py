"""What pages load besides themselves: styles, scripts and what is vendored, from this process alone."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

from starlette.responses import FileResponse

from core.errors import NotFound

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static"

NO_SUCH_FILE = "there is no such file: reload the page"

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class Assets:
    """The files there are, by name. Their addresses carry `version`, so that browsers keep them for ever."""

    files: MappingProxyType[str, Path]
    version: str

    @classmethod
    def of(cls, folder: Path = FOLDER) -> Self:
        """Read a folder. One version stands for all of it, because scripts import each other."""
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        digest = hashlib.sha256()
        for name, path in sorted(files.items()):
            digest.update(name.encode() + b"\0" + path.read_bytes())
        return cls(MappingProxyType(files), digest.hexdigest()[:12])

    def url(self, name: str) -> str:
        """Return where a file is."""
        return f"{PREFIX}/{self.version}/{self.files[name].relative_to(FOLDER).as_posix()}"

    def answer(self, version: str, name: str) -> FileResponse:
        """Return a file; one that was asked for by another version may change.

        Raises:
            NotFound: there is none of this name.

        """
        path = self.files.get(name)
        if path is None:
            raise NotFound(NO_SUCH_FILE)
        kept = _FOR_EVER if version == self.version else _ASK_AGAIN
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return FileResponse(path, media_type=media_type, headers={"Cache-Control": kept, **SNIFF_NOTHING})


SNIFF_NOTHING = {"X-Content-Type-Options": "nosniff"}
