"""What every source of playlists gives."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """One place in a playlist. The same video may have several."""

    position: int
    """From 0, without gaps."""
    video_id: str
    title: str
    duration_seconds: int | None
    unavailable: str | None
    """Why nobody can watch it, as a word (`private`, `deleted`, `unavailable` where YouTube does not say)."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some items in playlist order, and what is known of the playlist by then."""

    title: str | None
    total: int | None
    """How many items YouTube says the playlist has, the unavailable ones included."""
    items: Sequence[Item]
    cursor: str | None
    """Where to go on after this page; None on the last one, and where the source cannot go on."""
    not_listed: int = 0
    """How many items `total` counts and no page lists, where every page came. A last page without items
    says it."""


class PlaylistSource(Protocol):
    """One way to read a playlist. It keeps nothing between calls and may be used by several tasks at once."""

    def pages(self, playlist_id: str, cursor: str | None = None) -> AsyncGenerator[Page, None]:
        """Yield at least one page, and end when every item that YouTube lists was in one.

        A cursor is one that an earlier page of the same source had: the pages are those after it. Without one
        they begin at the start. Only ids go in, never an address. Close the iterator (`contextlib.aclosing`)
        where it is not read to its end: then nothing of it stays, no process and no connection.

        Raises:
            PlaylistFailure: it cannot be read to its end. What was yielded before is right all the same.

        """
        ...
