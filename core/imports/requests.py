"""Imports as people ask for them, look at them, cancel and retry them."""

from collections.abc import Sequence

from sqlalchemy import and_, case, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.imports.statements import NO_REASON, change, is_running
from core.tables import ImportKey, ImportStatus, PlaylistImport, PlaylistItem
from core.tables.imports import IS_RUNNING


async def request(session: AsyncSession, course_id: int, requested_by: int | None) -> PlaylistImport:
    """Return the import of a course that is under way, queuing one where there is none."""
    statement = insert(PlaylistImport).values(course_id=course_id, requested_by=requested_by)
    statement = statement.on_conflict_do_update(
        index_elements=["course_id"],
        index_where=text(IS_RUNNING),
        set_={"status": PlaylistImport.status},
    )
    return (await session.scalars(statement.returning(PlaylistImport))).one()


async def meant_by(session: AsyncSession, requested_by: int, key: str) -> PlaylistImport | None:
    """Return the import that a key of somebody's means, however it ended."""
    whose = (ImportKey.requested_by == requested_by, ImportKey.key == key)
    statement = select(PlaylistImport).join(ImportKey, ImportKey.import_id == PlaylistImport.id)
    return (await session.scalars(statement.where(*whose))).one_or_none()


async def keep_key(session: AsyncSession, requested_by: int, key: str, import_id: int) -> bool:
    """Let a key mean an import from now on; say whether it does, and does not mean another already.

    Waits for whoever is about to give the same key a meaning.
    """
    values = {"requested_by": requested_by, "key": key, "import_id": import_id}
    await session.execute(insert(ImportKey).values(values).on_conflict_do_nothing())
    meant = await meant_by(session, requested_by, key)
    return meant is not None and meant.id == import_id


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
        **{**NO_REASON, "finished_at": func.now()},
    )


async def retry(session: AsyncSession, import_id: int, *, accept_removals: bool = False) -> bool:
    """Queue an import again that failed, was cancelled or is paused; return whether it was one of these.

    Only one that is paused goes on where it was: of the others nobody knows how long ago that is.

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
        cursor=case((PlaylistImport.status == ImportStatus.PAUSED_UNTIL.value, PlaylistImport.cursor)),
        **NO_REASON,
    )


async def sent(session: AsyncSession, import_id: int, *, it_was: bool = True) -> None:
    """Note that a message to the workers is on its way, or, after all, that it is not."""
    await change(session, PlaylistImport.id == import_id, sent_at=func.now() if it_was else None)
