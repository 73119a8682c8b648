"""Playlists to serve, and the trouble a server may be in."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum, auto

PLAYLIST_ID = "PLedutrack0123456789abcdef"


class Style(StrEnum):
    """What else a video may be; none of these has a duration but one for members."""

    LIVE = auto()
    UPCOMING = auto()
    MEMBERS = auto()
    SHORT = auto()


@dataclass(frozen=True)
class Video:
    """One place in a playlist."""

    id: str
    title: str
    seconds: int | None = 60
    gone: str | None = None
    """`private` or `deleted`."""
    listed: bool = True
    """Whether YouTube, which counts it, lists it."""
    style: Style | None = None


@dataclass
class Playlist:
    """A playlist; tests may change it between two requests, as its owner may."""

    id: str = PLAYLIST_ID
    title: str = "Linear algebra"
    videos: list[Video] = field(default_factory=list)
    counted: int | None = None
    """How many videos its head claims, where that is not how many there are."""


def video_id(number: int) -> str:
    return urlsafe_b64encode(hashlib.sha256(str(number).encode()).digest())[:11].decode()


def make_playlist(
    count: int,
    *,
    private: Collection[int] = (),
    deleted: Collection[int] = (),
    repeated: Collection[int] = (),
    unlisted: Collection[int] = (),
    playlist_id: str = PLAYLIST_ID,
    title: str = "Linear algebra",
) -> Playlist:
    """Return a playlist; those repeated are what the first one is, those unlisted are only counted."""
    videos = []
    for place in range(count):
        gone = "private" if place in private else "deleted" if place in deleted else None
        number = 0 if place in repeated else place
        listed = place not in unlisted
        videos.append(Video(video_id(number), f"Lecture {number + 1}", 60 + number, gone, listed))
    return Playlist(playlist_id, title, videos)


class Kind(StrEnum):
    """What may be wrong."""

    NOT_FOUND = auto()
    PRIVATE = auto()
    SIGN_IN = auto()
    UNVIEWABLE = auto()
    BOT_CHECK = auto()
    RATE_LIMITED = auto()
    FORBIDDEN = auto()
    QUOTA = auto()
    BAD_KEY = auto()
    SERVER_ERROR = auto()
    HANG = auto()
    """Accepts, and says nothing."""
    DRIP = auto()
    """Sends a byte now and then."""
    CUT = auto()
    """Ends the connection in the middle of a body."""
    GARBAGE = auto()
    HUGE = auto()
    """A body that does not end."""
    NO_CONTENTS = auto()
    """A body without what was asked for, as YouTube sends at times."""
    EMPTY_PAGE = auto()
    """A page without items, and without a way to the next."""
    LAST_PAGE = auto()
    """A page with its items, and without a way to the next."""
    ODD_PAGE = auto()
    """A page that begins with something nobody knows."""
    SAME_PAGE = auto()
    """A page with its items, whose way to the next leads to itself."""
    REDIRECT = auto()
    SORRY = auto()
    """The redirect to the page that asks robots to solve a riddle."""
    UNKNOWN_PAGE = auto()
    """The place to go on is not known any more."""


@dataclass
class Trouble:
    """What is wrong from a page on (0 is the first), for so many requests."""

    kind: Kind
    page: int = 0
    times: int | None = None
    target: str = "https://127.0.0.1:1/"
    """Where a redirect leads."""
    spared: int = 0
    """So many requests are not hit before."""

    def strikes(self, page: int) -> bool:
        """Say whether this request is hit, and count it."""
        if page < self.page or self.times == 0:
            return False
        if self.spared:
            self.spared -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True
