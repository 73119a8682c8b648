"""Why a playlist cannot be read, each with what it means for people and when another attempt makes sense."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

MAX_CAUSE = 300


@dataclass(frozen=True, slots=True)
class Retry:
    """When an import goes on by itself after it failed."""

    waits: tuple[timedelta, ...] = ()
    """How long after the first failure in a row, the second, and so on; then it has failed for good."""
    midnight_in: str | None = None
    """A zone; the waits then begin at its next midnight."""

    def at(self, now: datetime, failures: int) -> datetime | None:
        """Return when to try again, or None for never, after so many failures in a row before this one."""
        if failures >= len(self.waits):
            return None
        return self._start(now) + self.waits[failures]

    def _start(self, now: datetime) -> datetime:
        if self.midnight_in is None:
            return now
        zone = ZoneInfo(self.midnight_in)
        tomorrow = now.astimezone(zone).date() + timedelta(days=1)
        return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(now.tzinfo)


NEVER = Retry()
SOON = Retry((timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5)))
MUCH_LATER = Retry((timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3), timedelta(hours=6)))
WHEN_THE_QUOTA_RESETS = Retry((timedelta(minutes=5),) * 7, midnight_in="America/Los_Angeles")
"""YouTube counts a day's requests from midnight to midnight in Pacific time."""


class PlaylistFailure(Exception):
    """A playlist that cannot be read to its end.

    `code` is for programs, `reason` for an admin: what it means, and what to do. `str()` is for the log.
    """

    code: ClassVar[str]
    reason: str
    retry: ClassVar[Retry]

    def __init__(self, cause: str = "") -> None:
        """Keep what YouTube or the network said, for the log; it must hold no secret."""
        super().__init__(f"{self.code}: {' '.join(cause.split())[:MAX_CAUSE]}")

    def retry_at(self, now: datetime, failures: int) -> datetime | None:
        """Return when to try again, or None for never, after so many failures in a row before this one."""
        return self.retry.at(now, failures)


class NotFound(PlaylistFailure):
    code = "not_found"
    reason = (
        "YouTube has no such playlist, or shows it to nobody else. Check the link; if the playlist is "
        "yours, set its visibility to public or unlisted, then retry."
    )
    retry = NEVER


class Private(PlaylistFailure):
    code = "private"
    reason = (
        "The playlist is private: only its owner can see it. Ask the owner to set its visibility to "
        "public or unlisted, then retry."
    )
    retry = NEVER


class NeedsLogin(PlaylistFailure):
    code = "needs_login"
    reason = (
        "YouTube shows this playlist only to people who are signed in, and EduTrack never signs in. Put "
        "its videos into a public or unlisted playlist, and import that one."
    )
    retry = NEVER


class Mix(PlaylistFailure):
    code = "mix"
    reason = (
        "This is a mix: YouTube makes it anew for every viewer, so it has no fixed videos. Import a "
        "playlist that somebody made."
    )
    retry = NEVER


class TooLarge(PlaylistFailure):
    """More items than we are ready to take, which is far more than a playlist made by hand may have."""

    code = "too_large"
    reason = (
        "The playlist has more videos than one course can take. Split it into smaller playlists, and "
        "import each."
    )
    retry = NEVER


class BotCheck(PlaylistFailure):
    code = "bot_check"
    reason = (
        "YouTube takes this server for a robot and wants somebody to confirm that it is none. It usually "
        "passes; the import tries again later by itself. If it lasts, set EDUTRACK_YOUTUBE_API_KEY: the "
        "Data API has no such check."
    )
    retry = MUCH_LATER


class RateLimited(PlaylistFailure):
    code = "rate_limited"
    reason = (
        "YouTube refuses further requests of this server for now, because there were too many. The import"
        " goes on by itself; retrying sooner makes it last longer."
    )
    retry = MUCH_LATER


class Refused(PlaylistFailure):
    code = "refused"
    reason = (
        "YouTube refuses to answer this server (403). Maybe it blocks its address for a while, or the "
        "playlist is not for everybody: look whether it opens in a private window of a browser. The "
        "import tries again later by itself."
    )
    retry = MUCH_LATER


class QuotaExceeded(PlaylistFailure):
    code = "quota"
    reason = (
        "Today's quota of the YouTube API key is used up. It resets at midnight Pacific time, and the "
        "import goes on by itself then."
    )
    retry = WHEN_THE_QUOTA_RESETS


class BadKey(PlaylistFailure):
    code = "bad_key"
    reason = (
        "YouTube does not accept the API key of this server. Ask whoever runs it to check "
        "EDUTRACK_YOUTUBE_API_KEY, and that the key may use the YouTube Data API v3; then retry."
    )
    retry = NEVER


class TimedOut(PlaylistFailure):
    code = "timeout"
    reason = "YouTube took too long to answer. The import tries again by itself a few times; later, retry it."
    retry = SOON


class Incomplete(PlaylistFailure):
    """Fewer items came than YouTube says there are: a part must not pass for the whole."""

    code = "incomplete"
    retry = SOON

    def __init__(self, found: int | None = None, total: int | None = None, cause: str = "") -> None:
        super().__init__(cause or f"{found} of {total}")
        self.found = found
        self.total = total
        counted = "only a part of" if None in {found, total} else f"{found} of the {total} videos of"
        self.reason = (
            f"YouTube sent {counted} the playlist. Nothing was taken away from the course; the import "
            "tries again by itself a few times. If it stays so, open the playlist on YouTube and look "
            "whether it is whole there."
        )


class Changed(PlaylistFailure):
    """A cursor leads nowhere any more: whoever has it forgets it, with what was read, and starts over."""

    code = "changed"
    reason = "The playlist was changed while it was read. The import starts over by itself."
    retry = SOON


class Unavailable(PlaylistFailure):
    code = "unavailable"
    reason = (
        "YouTube could not be reached, or answered with an error of its own. The import tries again by "
        "itself a few times; later, retry it."
    )
    retry = SOON


class Unexpected(PlaylistFailure):
    """What we do not understand: YouTube changed something, or we have a bug."""

    code = "unexpected"
    reason = (
        "Something happened that EduTrack does not understand; maybe YouTube has changed. The import tries "
        "again by itself a few times. If it stays so, update EduTrack, and report the link."
    )
    retry = SOON


FAILURES: dict[str, type[PlaylistFailure]] = {
    failure.code: failure
    for failure in (
        NotFound, Private, NeedsLogin, Mix, TooLarge, BotCheck, RateLimited, Refused, QuotaExceeded, BadKey,
        TimedOut, Incomplete, Changed, Unavailable, Unexpected,
    )
}  # fmt: skip
