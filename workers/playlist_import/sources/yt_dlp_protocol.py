"""What we and the process of yt-dlp say to each other: one request; then pages, and how it ended."""

from collections.abc import Sequence

import msgspec

from workers.playlist_import.sources.source import Item


class Request(msgspec.Struct, frozen=True):
    """What to read, from where, and within which bounds."""

    playlist_id: str
    innertube_host: str | None
    ca_file: str | None
    request_seconds: float
    retries: int
    retry_pause_seconds: float
    pause_seconds: float
    memory_bytes: int
    page_items: int
    max_items: int


class PageRead(msgspec.Struct, frozen=True, tag="page"):
    """Some items in playlist order."""

    title: str | None
    total: int | None
    items: Sequence[Item]


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """There are no more items."""

    found: int
    total: int | None
    not_listed: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It cannot be read to its end; `code` is that of a failure."""

    code: str
    cause: str


Line = PageRead | Ended | Failed
