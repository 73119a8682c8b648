"""From what people paste to the id of a YouTube playlist, or to the reason why it is none. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from core.errors import BadRequest

NOT_YOUTUBE = "send the link of a YouTube playlist, such as https://www.youtube.com/playlist?list=PL…"
ONE_VIDEO = "this is one video: open it in its playlist, and send the link that has list= in it"
NAMED_CHANNEL = "a channel's name does not say its id: send the link of one of its playlists"
ALBUM = "this address of an album does not say its playlist: send the link that Share, Copy link gives"
MIX = "this is a mix, which YouTube makes anew for every viewer: send a playlist somebody made"
WATCH_LATER = "this is a Watch later list, which only its owner can see: copy its videos to a playlist"
LIKED = "this is a list of liked videos, which only its owner can see: copy its videos to a playlist"
BROKEN = "the id of the playlist is incomplete: copy the link again"
REASONS = (NOT_YOUTUBE, ONE_VIDEO, NAMED_CHANNEL, ALBUM, MIX, WATCH_LATER, LIKED, BROKEN)

_HOSTS = frozenset({"youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtu.be"})
_SUBDOMAINS = ("www.", "m.", "music.", "kids.", "gaming.", "studio.", "consent.", "tv.")
_MAX_LENGTH = 2_000

_PLAYLIST = re.compile(r"(?:PL|EC|UU|FL|UL|TL|PU|OLAK5uy_)[A-Za-z0-9_-]{10,64}")
_CHANNEL = re.compile(r"UC([A-Za-z0-9_-]{22})")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_OLD_ID = re.compile(r"[0-9A-F]{16}")
"""An id of the days when a playlist's began with nothing."""
_WITHIN = re.compile(
    r"(?:(?:https?:)?//|(?<![^\s<>\"'`(\[{«“„]))(?:[a-z]+[.])?"
    r"(?:youtube(?:-nocookie|kids)?[.]com|youtu[.]be)[.]?(?::\d+)?/[^\s<>\"'`)\]}»”]*",
    re.IGNORECASE,
)
"""A link within other text, such as what a share button says, or the code to embed a player."""
_IN_THE_PATH = re.compile(r"/(?:playlist|p|show|browse|podcast)/(?:VL)?([A-Za-z0-9_-]+)(?:[/&]|$)")
_LEADS_TO = {
    "/attribution_link": "u",
    "/m": "continue",
    "/ml": "continue",
    "/redirect": "q",
    "/oembed": "url",
}
"""Pages of YouTube on the way to another one, and what names that."""
_CARRIES = ("url", "q", "u")
"""What names the link that one of a search engine, a mail program or a messenger carries."""
_END = ".,;:!?\u2026"
"""What ends a sentence, not a link."""
_WITH_VIDEO = re.compile(r"/(?:watch|shorts|live|embed|v|clip)(?:/|$)")
_WITH_NAME = re.compile(r"/(?:@|c/|user/)")
_ALBUM = re.compile(r"/browse/MPRE")

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
    text = _only_the_link(_unescaped(text))
    if re.fullmatch(r"[A-Za-z0-9_-]+", text):
        return _of_id(text)
    if re.fullmatch(r"@[\w.-]+", text):
        raise BadRequest(NAMED_CHANNEL)
    url = _split(_unwrapped(text))
    target = parse_qs(url.query).get(_LEADS_TO.get(url.path, ""))
    if target:
        url = _split(target[0] if "://" in target[0] else f"https://www.youtube.com{target[0]}")
    return _of_url(url)


def _unescaped(text: str) -> str:
    """Return a text as it was before a page, a shell, a program or a phone prepared it for itself."""
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
    seen = seen.replace("&amp;", "&").replace("\\u0026", "&").replace("\\u003d", "=").replace("\\", "")
    return unquote(seen) if re.match(r"https?%3a%2f%2f", seen, re.IGNORECASE) else seen


def _only_the_link(text: str) -> str:
    """Return the link within a text, the first one with a list where there are several."""
    if text[:1].isalnum() and not re.search(r"\s", text):
        return text.rstrip(_END)
    links = [found.rstrip(_END) for found in _WITHIN.findall(text)]
    best = next((link for link in links if "list=" in link), links[0] if links else text.strip("\"'<>«»“”„"))
    return f"https:{best}" if best.startswith("//") else best


def _unwrapped(text: str) -> str:
    """Return the link to YouTube that a link to somewhere else carries, as those in mails and searches do."""
    try:
        query = parse_qs(urlsplit(text).query)
    except ValueError:
        return text
    if _WITHIN.match(text):
        return text
    carried = (value for name in _CARRIES for value in query.get(name, ()) if _WITHIN.match(value))
    return next(carried, text)


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
    query = parse_qs(f"{url.query}&{url.path.partition('&')[2]}".replace("?", "&"))
    listed = query.get("list") or (query.get("p") if url.path == "/view_play_list" else None)
    if listed:
        return _of_id(listed[0].strip().rstrip(f"/{_END}"))
    if url.path.startswith(("/channel/", "/browse/UC")):
        return _of_id(url.path.split("/")[2])
    if _ALBUM.match(url.path):
        raise BadRequest(ALBUM)
    if in_the_path := _IN_THE_PATH.match(url.path):
        return _of_id(in_the_path[1])
    if _WITH_NAME.match(url.path):
        raise BadRequest(NAMED_CHANNEL)
    if _WITH_VIDEO.match(url.path) or _VIDEO.fullmatch(url.path.lstrip("/")):
        raise BadRequest(ONE_VIDEO)
    raise BadRequest(NOT_YOUTUBE)


def _of_id(text: str) -> PlaylistLink:
    text = f"PL{text}" if _OLD_ID.fullmatch(text) else text.removeprefix("VL")
    for pattern, reason in _PRIVATE:
        if pattern.match(text) and not _VIDEO.fullmatch(text):
            raise BadRequest(reason)
    channel = _CHANNEL.fullmatch(text)
    if channel:
        return PlaylistLink(f"UU{channel[1]}")
    if _PLAYLIST.fullmatch(text):
        return PlaylistLink(text)
    raise BadRequest(ONE_VIDEO if _VIDEO.fullmatch(text) else BROKEN)
