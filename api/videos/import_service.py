"""Imports of playlists. Raises `core.errors`; commits nothing."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.videos import queries
from api.videos.import_schemas import ImportAnswer, ImportState, NotImported
from api.videos.playlist_links import read_playlist_link
from core.errors import BadRequest, Conflict, NotFound
from core.imports import requests
from core.tables import Course, ImportStatus, PlaylistImport

NOT_IMPORTED_AT_MOST = 200

NO_IMPORT = "there is no such import: GET /videos/imports lists them"
BAD_KEY = "Idempotency-Key must have 1 to 200 printable ASCII characters"
KEY_TAKEN = "this Idempotency-Key was sent with another playlist before: a new request needs a new key"
ARCHIVED = "the course of this playlist is archived: POST /courses/{id}/restore brings it back"
NOT_TO_CANCEL = "this import has ended already: there is nothing to cancel"
NOT_TO_RETRY = (
    "only an import that failed, was cancelled or is paused can be retried: this one is under way or done; "
    "POST /videos/youtube-playlist imports the playlist once more"
)
OTHER_RUNS = "another import of this course is under way: wait for its end, or cancel it first"

_KEY = re.compile(r"[\x20-\x7e]{1,200}")


class Requested(NamedTuple):
    """A course and the import that fills it. `is_new`: nobody has told the workers of it."""

    course: Course
    row: PlaylistImport
    is_new: bool


def read_key(header: str | None) -> str | None:
    """Return an `Idempotency-Key`; the draft standard puts it in double quotes.

    Raises:
        BadRequest: it is too long, or empty.

    """
    if header is None:
        return None
    key = header[1:-1] if re.fullmatch(r'".*"', header) else header
    if _KEY.fullmatch(key) is None:
        raise BadRequest(BAD_KEY)
    return key


async def request(
    session: AsyncSession, playlist_url: str, requested_by: int | None, key: str | None = None
) -> Requested:
    """Return a playlist's course and the import that fills it; asking again gives the one under way.

    A new one is noted as sent: the caller sends it after the commit. The same key of the same person gives
    the same import for ever, however it ended.

    Raises:
        BadRequest: the link means no playlist that can be fetched.
        Conflict: the course is archived, or the key came with another playlist.

    """
    playlist = read_playlist_link(playlist_url)
    course = await queries.course_of_playlist(session, playlist.playlist_id, playlist.url)
    if requested_by is not None and key is not None:
        return await _request_once(session, course, requested_by, key)
    return await _request(session, course, requested_by)


async def page(
    session: AsyncSession, *, before: int | None, limit: int, course_id: int | None
) -> Sequence[ImportState]:
    """Return imports, newest first, from the one before `before`."""
    rows = await requests.page(session, before=before, limit=limit, course_id=course_id)
    names = await queries.usernames(session, {row.requested_by for row in rows if row.requested_by})
    return [ImportState.of(row, names) for row in rows]


async def state(session: AsyncSession, row: PlaylistImport) -> ImportState:
    """Return an import as it is answered."""
    return ImportState.of(row, await _name(session, row))


async def one(session: AsyncSession, import_id: int) -> ImportAnswer:
    """Return an import with what it could not bring.

    Raises:
        NotFound: there is none with this id.

    """
    return await with_items(session, await current(session, import_id))


async def current(session: AsyncSession, import_id: int) -> ImportState:
    """Return an import as it stands now.

    Raises:
        NotFound: there is none with this id.

    """
    return await state(session, await _require(session, import_id))


async def with_items(session: AsyncSession, now: ImportState) -> ImportAnswer:
    """Add what an import could not bring."""
    items = await requests.not_imported(session, now.id, NOT_IMPORTED_AT_MOST)
    return ImportAnswer(**now.model_dump(), not_imported=[NotImported.of(item) for item in items])


async def cancel(session: AsyncSession, import_id: int) -> None:
    """Cancel an import; harmless where it was cancelled before.

    Raises:
        Conflict: it has ended otherwise.
        NotFound: there is none with this id.

    """
    if await requests.cancel(session, import_id):
        return
    if (await _require(session, import_id)).status != ImportStatus.CANCELLED:
        raise Conflict(NOT_TO_CANCEL)


async def retry(session: AsyncSession, import_id: int, *, accept_removals: bool) -> None:
    """Queue an import again and note it as sent: the caller sends it after the commit.

    Raises:
        Conflict: it is in no state for that, its course is archived, or another import of it is under way.
        NotFound: there is none with this id.

    """
    row = await _require(session, import_id)
    if await queries.course_archived(session, row.course_id):
        raise Conflict(ARCHIVED)
    try:
        queued = await requests.retry(session, import_id, accept_removals=accept_removals)
    except IntegrityError as error:
        raise Conflict(OTHER_RUNS) from error
    if not queued:
        raise Conflict(NOT_TO_RETRY)
    await requests.sent(session, import_id)


async def _request(session: AsyncSession, course: Course, requested_by: int | None) -> Requested:
    if course.archived_at is not None:
        raise Conflict(ARCHIVED)
    row = await requests.request(session, course.id, requested_by)
    is_new = row.status == ImportStatus.QUEUED and row.sent_at is None
    if is_new:
        await requests.sent(session, row.id)
    return Requested(course, row, is_new)


async def _request_once(session: AsyncSession, course: Course, requested_by: int, key: str) -> Requested:
    meant = await requests.meant_by(session, requested_by, key)
    if meant is not None:
        if meant.course_id != course.id:
            raise Conflict(KEY_TAKEN)
        return Requested(course, meant, is_new=False)
    made = await _request(session, course, requested_by)
    if not await requests.keep_key(session, requested_by, key, made.row.id):
        raise Conflict(KEY_TAKEN)
    return made


async def _require(session: AsyncSession, import_id: int) -> PlaylistImport:
    row = await requests.by_id(session, import_id)
    if row is None:
        raise NotFound(NO_IMPORT)
    return row


async def _name(session: AsyncSession, row: PlaylistImport) -> dict[int, str]:
    return await queries.usernames(session, {row.requested_by} if row.requested_by else ())
