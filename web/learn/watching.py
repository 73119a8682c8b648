"""What a watch page shows: which player, from where on, and what comes before and after. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from core.tables import Video
from web.learn.queries import Watched

YOUTUBE = "https://www.youtube-nocookie.com"
"""Where YouTube plays without keeping cookies of whoever has not pressed play."""

BARELY_BEGUN, ALMOST_OVER = 5.0, 10.0
"""Seconds at both ends of a video where it is begun anew rather than gone on with."""

_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")


@dataclass(frozen=True, slots=True)
class Watching:
    """A video among the others of its course."""

    video: Video
    videos: Sequence[Watched]
    left_off: float

    @property
    def youtube_id(self) -> str | None:
        """Its id at YouTube; None where it is a file somewhere."""
        return self.video.youtube_id or youtube_id_of(self.video.video_link)

    @property
    def resume_at(self) -> int:
        """The second to begin at."""
        length = self.video.duration_seconds
        over = length is not None and self.left_off > length - ALMOST_OVER
        return 0 if over or self.left_off < BARELY_BEGUN else int(self.left_off)

    @property
    def policy(self) -> Mapping[str, str]:
        """What the page may load beyond what is here, for its Content-Security-Policy."""
        if self.youtube_id is not None:
            return {"frame-src": f"'self' {YOUTUBE}"}
        return {"media-src": f"'self' {origin_of(self.video.video_link)}"}

    @property
    def before(self) -> Video | None:
        return self._neighbour(-1)

    @property
    def after(self) -> Video | None:
        return self._neighbour(1)

    @property
    def watched(self) -> Watched | None:
        """What was watched of it."""
        return next((one for one in self.videos if one.video.id == self.video.id), None)

    def _neighbour(self, step: int) -> Video | None:
        playable = [
            one.video
            for one in self.videos
            if one.video.id == self.video.id
            or (one.video.removed_at is None and one.video.unavailable is None)
        ]
        places = [place for place, one in enumerate(playable) if one.id == self.video.id]
        wanted = places[0] + step if places else -1
        return playable[wanted] if 0 <= wanted < len(playable) else None


def youtube_id_of(link: str) -> str | None:
    """Return the id of a video at YouTube; None where the link leads elsewhere."""
    url = urlsplit(link)
    host = (url.hostname or "").removeprefix("www.").removeprefix("m.")
    if host == "youtu.be":
        found = url.path.lstrip("/")
    elif host in {"youtube.com", "youtube-nocookie.com"}:
        found = parse_qs(url.query).get("v", [url.path.rpartition("/")[2]])[0]
    else:
        return None
    return found if _VIDEO.fullmatch(found) else None


def origin_of(link: str) -> str:
    """Return scheme, host and port of a link, as a policy names them."""
    url = urlsplit(link)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
