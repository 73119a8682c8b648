"""From what YouTube sends to items that can be stored; and which ids are not worth asking for. Pure."""

import re
import unicodedata

from workers.playlist_import.sources.failures import Mix, NeedsLogin, NotFound
from workers.playlist_import.sources.source import Item

MAX_TITLE = 500
MAX_DURATION_SECONDS = 60 * 60 * 24 * 366

_PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,100}")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_OWNERS_LISTS = ("WL", "LL", "LM")


def check_playlist_id(playlist_id: str) -> None:
    """Refuse what need not be asked for.

    Raises:
        PlaylistFailure: it is no id, a mix, or a list that only its owner sees.

    """
    if not _PLAYLIST_ID.fullmatch(playlist_id):
        raise NotFound("not an id")
    if playlist_id in _OWNERS_LISTS:
        raise NeedsLogin("a list of its owner's")
    if playlist_id.startswith("RD"):
        raise Mix("by its id")


def is_video_id(text: object) -> bool:
    return isinstance(text, str) and _VIDEO_ID.fullmatch(text) is not None


def clean_text(text: str) -> str:
    """Return a text without what PostgreSQL or a terminal cannot take, in one line, and not too long."""
    encodable = text.encode(errors="replace").decode()
    shown = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in encodable)
    return " ".join(shown.split())[:MAX_TITLE]


def make_item(
    position: int, video_id: str, title: str | None, duration: float | None, unavailable: str | None
) -> Item:
    seconds = int(duration) if duration is not None and 0 <= duration <= MAX_DURATION_SECONDS else None
    return Item(position, video_id, clean_text(title or "") or video_id, seconds, unavailable)
