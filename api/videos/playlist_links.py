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
_SUBDOMAINS = ("www.", "m.", "music.", "gaming.", "studio.", "consent.")
_MAX_LENGTH = 2_000

_PLAYLIST = re.compile(r"(?:PL|EC|UU|FL|UL|TL|PU|OLAK5uy_)[A-Za-z0-9_-]{10,64}")
_CHANNEL = re.compile(r"UC([A-Za-z0-9_-]{22})")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_WITHIN = re.compile(
    r"(?:https?:)?//(?:[a-z]+[.])?(?:youtube(?:-nocookie)?[.]com|youtu[.]be)/[^\s<>\"'`)\]}]*", re.IGNORECASE
)
"""A link within other text, such as what a share button says, or the code to embed a player."""
_STUDIO = re.compile(r"/playlist/([A-Za-z0-9_-]+)(?:/|$)")
_LEADS_TO = {"/attribution_link": "u", "/m": "continue", "/ml": "continue", "/redirect": "q"}
"""Pages of YouTube on the way to another one, and what names that."""
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
    if len(text) > _MAX_LENGTH:
        raise BadRequest(NOT_YOUTUBE)
    text = _only_the_link(text.replace("&amp;", "&").strip())
    if re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return _of_id(text)
    url = _split(text)
    target = parse_qs(url.query).get(_LEADS_TO.get(url.path, ""))
    if target:
        url = _split(target[0] if "://" in target[0] else f"https://www.youtube.com{target[0]}")
    return _of_url(url)


def _only_the_link(text: str) -> str:
    """Return the link within a text, the first one with a list where there are several."""
    if text[:1].isalnum() and not re.search(r"\s", text):
        return text.rstrip(".,;!")
    links = [found.rstrip(".,;:!?") for found in _WITHIN.findall(text)]
    best = next((link for link in links if "list=" in link), links[0] if links else text.strip("\"'<>"))
    return f"https:{best}" if best.startswith("//") else best


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
    if in_studio := _STUDIO.match(url.path):
        return _of_id(in_studio[1])
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
