"""From what people paste to the id of a YouTube playlist, or to the reason why it is none. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from core.errors import BadRequest

NOT_YOUTUBE = "send the link of a YouTube playlist, such as https://www.youtube.com/playlist?list=PL…"
ONE_VIDEO = "this is one video: open it in its playlist, and send the link that has list= in it"
NAMED_CHANNEL = "a channel's name does not say its id: send the link of one of its playlists"
MIX = "this is a mix, which YouTube makes anew for every viewer: send a playlist somebody made"
WATCH_LATER = "this is a Watch later list, which only its owner can see: copy its videos to a playlist"
LIKED = "this is a list of liked videos, which only its owner can see: copy its videos to a playlist"
BROKEN = "the id of the playlist is incomplete: copy the link again"
REASONS = (NOT_YOUTUBE, ONE_VIDEO, NAMED_CHANNEL, MIX, WATCH_LATER, LIKED, BROKEN)

_HOSTS = frozenset({"youtube.com", "youtube-nocookie.com", "youtu.be"})
_SUBDOMAINS = ("www.", "m.", "music.", "gaming.")
_MAX_LENGTH = 2_000

_PLAYLIST = re.compile(r"(?:PL|EC|UU|FL|UL|TL|PU|OLAK5uy_)[A-Za-z0-9_-]{10,64}")
_CHANNEL = re.compile(r"UC([A-Za-z0-9_-]{22})")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_WITH_VIDEO = re.compile(r"/(?:watch|shorts|live|embed|v|clip)(?:/|$)")
_WITH_NAME = re.compile(r"/(?:@|c/|user/)")

_PRIVATE = ((re.compile(r"RD"), MIX), (re.compile(r"WL$"), WATCH_LATER), (re.compile(r"LL|LM$"), LIKED))


@dataclass(frozen=True, slots=True)
class PlaylistLink:
    """A playlist that can be fetched."""

    playlist_id: str

    @property
    def url(self) -> str:
        return f"https://www.youtube.com/playlist?list={self.playlist_id}"


def read_playlist_link(text: str) -> PlaylistLink:
    """Return the playlist meant by a link or an id.

    Where a link names a video and a list, the list wins; a channel means its uploads.

    Raises:
        BadRequest: it means none that can be fetched; the detail says why and what to send instead.

    """
    text = text.strip()
    if not text or len(text) > _MAX_LENGTH:
        raise BadRequest(NOT_YOUTUBE)
    if re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return _of_id(text)
    return _of_url(_split(text))


def _split(text: str) -> SplitResult:
    """Return the parts of a link to YouTube; people leave the scheme out."""
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
        host = (url.hostname or "").rstrip(".")
    except ValueError as error:
        raise BadRequest(NOT_YOUTUBE) from error
    for subdomain in _SUBDOMAINS:
        host = host.removeprefix(subdomain)
    if url.scheme not in {"http", "https"} or host not in _HOSTS:
        raise BadRequest(NOT_YOUTUBE)
    return url


def _of_url(url: SplitResult) -> PlaylistLink:
    query = parse_qs(url.query)
    listed = query.get("list") or (query.get("p") if url.path == "/view_play_list" else None)
    if listed:
        return _of_id(listed[0])
    if url.path.startswith("/browse/VL"):
        return _of_id(url.path.removeprefix("/browse/VL"))
    if url.path.startswith(("/channel/", "/browse/UC")):
        return _of_id(url.path.split("/")[2])
    if _WITH_NAME.match(url.path):
        raise BadRequest(NAMED_CHANNEL)
    if _WITH_VIDEO.match(url.path) or _VIDEO.fullmatch(url.path.lstrip("/")):
        raise BadRequest(ONE_VIDEO)
    raise BadRequest(NOT_YOUTUBE)


def _of_id(text: str) -> PlaylistLink:
    for pattern, reason in _PRIVATE:
        if pattern.match(text) and not _VIDEO.fullmatch(text):
            raise BadRequest(reason)
    channel = _CHANNEL.fullmatch(text)
    if channel:
        return PlaylistLink(f"UU{channel[1]}")
    if _PLAYLIST.fullmatch(text):
        return PlaylistLink(text)
    raise BadRequest(ONE_VIDEO if _VIDEO.fullmatch(text) else BROKEN)
