"""Imports as people ask for them, look at them, cancel and retry them."""

from collections.abc import Sequence

from sqlalchemy import and_, case, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.imports.statements import NO_REASON, change, is_running
from core.tables import ImportStatus, PlaylistImport, PlaylistItem
from core.tables.imports import IS_RUNNING


async def request(
    session: AsyncSession, course_id: int, requested_by: int | None, idempotency_key: str | None = None
) -> PlaylistImport:
    """Return the import of a course that is under way, queuing one where there is none.

    The same key of the same person gives the same import for ever, however it ended.
    """
    if idempotency_key is not None:
        chosen = select(PlaylistImport).where(
            PlaylistImport.requested_by == requested_by, PlaylistImport.idempotency_key == idempotency_key
        )
        if (known := await session.scalar(chosen)) is not None:
            return known
    statement = insert(PlaylistImport).values(
        course_id=course_id, requested_by=requested_by, idempotency_key=idempotency_key
    )
    statement = statement.on_conflict_do_update(
        index_elements=["course_id"],
        index_where=text(IS_RUNNING),
        set_={"status": PlaylistImport.status},
    )
    return (await session.scalars(statement.returning(PlaylistImport))).one()


async def by_id(session: AsyncSession, import_id: int) -> PlaylistImport | None:
    """Return one import as it stands now."""
    return await session.get(PlaylistImport, import_id, populate_existing=True)


async def page(
    session: AsyncSession, *, before: int | None, limit: int, course_id: int | None = None
) -> Sequence[PlaylistImport]:
    """Return imports, newest first, from the one before `before`."""
    statement = select(PlaylistImport)
    if before is not None:
        statement = statement.where(PlaylistImport.id < before)
    if course_id is not None:
        statement = statement.where(PlaylistImport.course_id == course_id)
    return (await session.scalars(statement.order_by(PlaylistImport.id.desc()).limit(limit))).all()


async def not_imported(session: AsyncSession, import_id: int, limit: int) -> Sequence[PlaylistItem]:
    """Return the items of an import that cannot be watched or could not be imported, in playlist order."""
    chosen = or_(PlaylistItem.unavailable.is_not(None), PlaylistItem.problem.is_not(None))
    statement = select(PlaylistItem).where(PlaylistItem.import_id == import_id, chosen)
    return (await session.scalars(statement.order_by(PlaylistItem.position).limit(limit))).all()


async def cancel(session: AsyncSession, import_id: int) -> bool:
    """Cancel an import that runs; return whether it did. Whoever works on it notices at its next word."""
    return await change(
        session,
        and_(PlaylistImport.id == import_id, is_running()),
        status=ImportStatus.CANCELLED.value,
        paused_until=None,
        finished_at=func.now(),
    )


async def retry(session: AsyncSession, import_id: int, *, accept_removals: bool = False) -> bool:
    """Queue an import again that failed, was cancelled or is paused; return whether it was one of these.

    It goes on where it was, unless it had failed.

    Raises:
        sqlalchemy.exc.IntegrityError: another import of the course runs.

    """
    ended = (ImportStatus.FAILED.value, ImportStatus.CANCELLED.value, ImportStatus.PAUSED_UNTIL.value)
    return await change(
        session,
        and_(PlaylistImport.id == import_id, PlaylistImport.status.in_(ended)),
        status=ImportStatus.QUEUED.value,
        accept_removals=accept_removals,
        failures=0,
        losses=0,
        furthest=0,
        sent_at=None,
        cursor=case((PlaylistImport.status == ImportStatus.FAILED.value, None), else_=PlaylistImport.cursor),
        **NO_REASON,
    )


async def sent(session: AsyncSession, import_id: int, *, it_was: bool = True) -> None:
    """Note that a message to the workers is on its way, or, after all, that it is not."""
    await change(session, PlaylistImport.id == import_id, sent_at=func.now() if it_was else None)
