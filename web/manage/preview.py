"""What a pasted link is, before it is imported."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.videos.playlist_links import read_playlist_link
from core.errors import BadRequest
from core.tables import Course, ImportStatus
from web.manage import queries

_KINDS = {
    "UU": "All uploads of a channel",
    "OLAK5uy_": "An album",
    "FL": "The favourites of a channel",
    "PU": "The most popular uploads of a channel",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What was pasted: nothing, a playlist, or something else and why that cannot be imported."""

    kind: str = ""
    url: str = ""
    problem: str = ""
    course: Course | None = None
    """What it has become before."""
    running_import: int | None = None


async def preview_of(session: AsyncSession, text: str) -> Preview:
    """Return what a link is, and what is known of it here. YouTube is not asked."""
    if not text.strip():
        return Preview()
    try:
        playlist = read_playlist_link(text)
    except BadRequest as error:
        return Preview(problem=error.detail)
    kind = next(
        (said for start, said in _KINDS.items() if playlist.playlist_id.startswith(start)), "A playlist"
    )
    course = await queries.course_of_playlist(session, playlist.playlist_id)
    last = None if course is None else await queries.last_import(session, course.id)
    running = last.id if last is not None and ImportStatus(last.status).is_running else None
    return Preview(kind, playlist.url, course=course, running_import=running)
