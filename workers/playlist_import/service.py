"""From the stored items of an import to the videos of its course, in the caller's one transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.imports import claims
from core.imports.claims import Claim, Shortfall
from core.tables import PlaylistItem
from workers.playlist_import import queries
from workers.playlist_import.sync import Fetched, find_changes, must_ask


class ManyVanished(Exception):
    """So many videos are gone that somebody has to want it; `reason` is for that person."""

    code = "many_vanished"

    def __init__(self, gone: int, present: int) -> None:
        super().__init__(f"{self.code}: {gone} of {present}")
        self.reason = (
            f"{gone} of the {present} videos of this course are in its playlist no more, so nothing was "
            "changed. If that is right, retry the import and accept the removals (`accept_removals`); if "
            "not, mend the playlist on YouTube first. Nobody's watch time is lost either way."
        )


async def import_items(session: AsyncSession, mine: Claim, now: datetime) -> None:
    """Make the course what its playlist is, and end the import.

    Raises:
        ManyVanished: somebody has to accept that first.
        ImportTaken: the import is another's, or cancelled.

    """
    items = await claims.items(session, mine.import_id)
    fetched = [_fetched(item) for item in items if item.problem is None]
    await queries.lock_course(session, mine.course_id)
    known = await queries.videos_of(session, mine.course_id)
    shortfall = await claims.shortfall(session, mine)
    changes = find_changes(known, fetched, keep=shortfall is not None)
    if must_ask(known, fetched, changes) and not mine.accept_removals:
        present = sum(1 for video in known if video.youtube_id and not video.removed)
        raise ManyVanished(len(changes.vanished), present)
    await queries.take_away(session, changes.vanished, now)
    await queries.change(session, changes.changed)
    await queries.add(session, mine.course_id, changes.added)
    title = await claims.playlist_title(session, mine)
    if title is not None:
        await queries.name_course(session, mine.course_id, title)
    imported = sum(1 for place in fetched if place.unavailable is None)
    await claims.finish(session, mine, now, imported=imported, warning=_warning(items, shortfall))


def _fetched(item: PlaylistItem) -> Fetched:
    return Fetched(item.youtube_id, item.title, item.duration_seconds, item.unavailable)


def _warning(items: Sequence[PlaylistItem], shortfall: Shortfall | None) -> tuple[str, str] | None:
    """Return what is not as it should be, as the code of the worst of it, and sentences."""
    warnings = list(_warnings(items, shortfall))
    return (warnings[0][0], " ".join(sentence for _, sentence in warnings)) if warnings else None


def _warnings(items: Sequence[PlaylistItem], shortfall: Shortfall | None) -> Iterator[tuple[str, str]]:
    failed = sum(1 for item in items if item.problem is not None)
    if failed:
        yield "failed_items", f"{failed} of {len(items)} videos could not be imported."
    if shortfall is not None:
        sentence = (
            f"YouTube counts {shortfall.total} videos and lists {shortfall.found}: {shortfall.missing} are "
            "hidden, mostly because they are private, deleted or blocked. They are not in the course; "
            "nothing that was in it was taken away."
        )
        yield "not_listed", sentence
    unavailable = sum(1 for item in items if item.unavailable is not None)
    if unavailable:
        sentence = (
            f"{unavailable} of {len(items)} videos cannot be watched: they are private, deleted or closed to "
            "this server. They are in the course, marked, and nobody is expected to watch them."
        )
        yield "unavailable", sentence
