"""Videos of courses and imports of playlists. Raises `core.errors`; commits nothing."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api.videos import queries
from api.videos.playlist_links import read_playlist_link
from core.errors import BadRequest, NotFound
from core.imports import requests
from core.tables import Course, PlaylistImport, Video

NO_COURSE = "there is no such course: GET /courses lists them"
NO_IMPORT = "there is no such import: POST /videos/youtube-playlist answers with one"


async def of_course(
    session: AsyncSession, course_id: int, *, after: tuple[int, ...] | None, limit: int
) -> Sequence[Video]:
    """Return a course's videos in playlist order, from the one after `after`: position and id.

    Raises:
        NotFound: there is no such course.

    """
    await _require_course(session, course_id)
    return await queries.of_course(session, course_id, after=after, limit=limit)


async def append(session: AsyncSession, course_id: int, title: str, video_link: str) -> int:
    """Add a video at the end of a course and return its id.

    Raises:
        BadRequest: it has no title, or its link is none of the web.
        NotFound: there is no such course.

    """
    if not title.strip():
        raise BadRequest("a video needs a title")
    if not video_link.startswith(("https://", "http://")):
        raise BadRequest("a video's link must begin with https:// or http://")
    await _require_course(session, course_id)
    return await queries.append(session, course_id, title.strip(), video_link)


async def request_import(
    session: AsyncSession, playlist_url: str, requested_by: int
) -> tuple[Course, PlaylistImport]:
    """Return a playlist's course and the import that fills it; asking again gives the same ones.

    Raises:
        BadRequest: the link means no playlist that can be fetched.

    """
    playlist = read_playlist_link(playlist_url)
    course = await queries.course_of_playlist(session, playlist.playlist_id, playlist.url)
    return course, await requests.request(session, course.id, requested_by)


async def one_import(session: AsyncSession, import_id: int) -> PlaylistImport:
    """Return an import.

    Raises:
        NotFound: there is none with this id.

    """
    found = await requests.by_id(session, import_id)
    if found is None:
        raise NotFound(NO_IMPORT)
    return found


async def _require_course(session: AsyncSession, course_id: int) -> None:
    if not await queries.course_exists(session, course_id):
        raise NotFound(NO_COURSE)
