"""Imports in the hands of workers.

A claim is numbered: a worker that was thought dead, and is not, notices at its next word that the import is
another's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.imports.statements import CLAIMED, NO_REASON, change, is_free
from core.tables import Course, ImportStatus, PlaylistImport, PlaylistItem


class ImportTaken(Exception):
    """Somebody else has the import now, or it was cancelled: whoever worked on it stops."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An import in the hands of one worker."""

    import_id: int
    attempt: int
    course_id: int
    playlist_id: str
    cursor: str | None
    found: int
    losses: int
    """How often its worker vanished, this time included, since it last came further than ever before."""
    accept_removals: bool


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Fewer items than YouTube says there are."""

    found: int
    total: int
    seen_before: bool
    """Whether an earlier reading of this import found as many, and none found more."""

    @property
    def missing(self) -> int:
        return self.total - self.found


async def claim(session: AsyncSession, import_id: int, now: datetime) -> Claim | None:
    """Take an import that nobody works on; None where somebody does, or where it has ended.

    What earlier imports of the course fetched that came to nothing goes.
    """
    abandoned = PlaylistImport.status.in_(CLAIMED)
    statement = (
        update(PlaylistImport)
        .where(PlaylistImport.id == import_id, is_free(now))
        .values(
            status=ImportStatus.FETCHING.value,
            attempt=PlaylistImport.attempt + 1,
            losses=PlaylistImport.losses + case((abandoned, 1), else_=0),
            sent_at=None,
            heartbeat_at=now,
            started_at=func.coalesce(PlaylistImport.started_at, now),
            **NO_REASON,
        )
        .returning(PlaylistImport)
    )
    taken = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    if taken is None:
        return None
    course = await session.get_one(Course, taken.course_id)
    if course.playlist_id is None:
        raise AssertionError("only courses with a playlist have imports")
    mine = Claim(
        import_id=taken.id,
        attempt=taken.attempt,
        course_id=course.id,
        playlist_id=course.playlist_id,
        cursor=taken.cursor,
        found=taken.found,
        losses=taken.losses,
        accept_removals=taken.accept_removals,
    )
    await _forget_earlier(session, mine, ImportStatus.FAILED, ImportStatus.CANCELLED)
    return mine


async def beat(session: AsyncSession, mine: Claim, now: datetime) -> None:
    """Say that the import is being worked on.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    await _advance(session, mine, heartbeat_at=now)


async def start_over(session: AsyncSession, mine: Claim) -> None:
    """Forget what was fetched: the source cannot go on where it was.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    await _advance(session, mine, cursor=None, found=0, unavailable=0, failed=0, total=None)
    await session.execute(delete(PlaylistItem).where(PlaylistItem.import_id == mine.import_id))


async def store_page(
    session: AsyncSession,
    mine: Claim,
    now: datetime,
    *,
    items: Sequence[dict[str, Any]],
    title: str | None,
    total: int | None,
    cursor: str | None,
) -> None:
    """Store a page: items with the columns of `playlist_items`. A page that is there already changes nothing.

    Raises:
        ImportTaken: the import is another's, or cancelled.

    """
    if items:
        rows = [{"import_id": mine.import_id, **item} for item in items]
        await session.execute(insert(PlaylistItem).on_conflict_do_nothing(), rows)
    here = PlaylistItem.import_id == mine.import_id
    found = select(func.count()).where(here).scalar_subquery()
    further = found > PlaylistImport.furthest
    counted = {
        "unavailable": select(func.count()).where(here, PlaylistItem.unavailable.is_not(None)),
        "failed": select(func.count()).where(here, PlaylistItem.problem.is_not(None)),
    }
    await _advance(
        session,
        mine,
        heartbeat_at=now,
        cursor=cursor,
        found=found,
        furthest=func.greatest(found, PlaylistImport.furthest),
        failures=case((further, 0), else_=PlaylistImport.failures),
        losses=case((further, 0), else_=PlaylistImport.losses),
        playlist_title=func.coalesce(title, PlaylistImport.playlist_title),
        total=func.coalesce(total, PlaylistImport.total),
        **{name: count.scalar_subquery() for name, count in counted.items()},
    )


async def items(session: AsyncSession, import_id: int) -> Sequence[PlaylistItem]:
    """Return all that was fetched, in playlist order."""
    statement = select(PlaylistItem).where(PlaylistItem.import_id == import_id)
    return (await session.scalars(statement.order_by(PlaylistItem.position))).all()


async def playlist_title(session: AsyncSession, mine: Claim) -> str | None:
    """Return what the playlist is called, if its source said."""
    chosen = select(PlaylistImport.playlist_title).where(PlaylistImport.id == mine.import_id)
    return await session.scalar(chosen)


async def shortfall(session: AsyncSession, mine: Claim) -> Shortfall | None:
    """Return how many items were found, and of how many, where some are missing."""
    row = await session.get_one(PlaylistImport, mine.import_id, populate_existing=True)
    if row.total is None or row.found >= row.total:
        return None
    return Shortfall(row.found, row.total, seen_before=row.failures > 0 and row.found >= row.furthest)


async def begin_importing(session: AsyncSession, mine: Claim, now: datetime) -> None:
    """Say that everything is fetched.

    Raises:
        ImportTaken: the import is another's, or cancelled.

    """
    await _advance(session, mine, status=ImportStatus.IMPORTING.value, heartbeat_at=now)


async def finish(
    session: AsyncSession,
    mine: Claim,
    now: datetime,
    *,
    imported: int,
    warning: tuple[str, str] | None,
) -> None:
    """End an import; `warning` is a code and a sentence. What earlier imports of the course fetched goes.

    Raises:
        ImportTaken: the import is another's, or cancelled.

    """
    code, reason = warning or (None, None)
    done = ImportStatus.DONE_WITH_WARNINGS if warning else ImportStatus.DONE
    await _advance(
        session,
        mine,
        status=done.value,
        imported=imported,
        reason_code=code,
        reason=reason,
        cursor=None,
        heartbeat_at=now,
        finished_at=now,
    )
    await _forget_earlier(session, mine, *ImportStatus)


async def fail(session: AsyncSession, mine: Claim, now: datetime, code: str, reason: str) -> None:
    """End an import that cannot succeed.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    await _advance(
        session,
        mine,
        status=ImportStatus.FAILED.value,
        reason_code=code,
        reason=reason,
        failures=PlaylistImport.failures + 1,
        finished_at=now,
    )


async def failures(session: AsyncSession, mine: Claim) -> int:
    """Return how often the import was paused since it last came further than ever before.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    found = await session.scalar(select(PlaylistImport.failures).where(_still(mine)).with_for_update())
    if found is None:
        raise ImportTaken
    return found


async def release(session: AsyncSession, mine: Claim) -> None:
    """Give an import back, for the next worker to go on where it was.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    await _advance(session, mine, status=ImportStatus.QUEUED.value, sent_at=None)


async def pause(session: AsyncSession, mine: Claim, until: datetime, code: str, reason: str) -> None:
    """Let an import wait; it goes on where it was.

    Raises:
        ImportTaken: it is another's, or cancelled.

    """
    await _advance(
        session,
        mine,
        status=ImportStatus.PAUSED_UNTIL.value,
        paused_until=until,
        reason_code=code,
        reason=reason,
        failures=PlaylistImport.failures + 1,
    )


async def _forget_earlier(session: AsyncSession, mine: Claim, *ended: ImportStatus) -> None:
    earlier = select(PlaylistImport.id).where(
        PlaylistImport.course_id == mine.course_id,
        PlaylistImport.id < mine.import_id,
        PlaylistImport.status.in_([status.value for status in ended]),
    )
    await session.execute(delete(PlaylistItem).where(PlaylistItem.import_id.in_(earlier)))


async def _advance(session: AsyncSession, mine: Claim, **values: Any) -> None:
    if not await change(session, _still(mine), **values):
        raise ImportTaken


def _still(mine: Claim) -> ColumnElement[bool]:
    return and_(
        PlaylistImport.id == mine.import_id,
        PlaylistImport.attempt == mine.attempt,
        PlaylistImport.status.in_(CLAIMED),
    )
