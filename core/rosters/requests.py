"""Rosters as people hand them in and look at them. Every statement on `rosters`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from core.rosters.reading import Sheet
from core.tables import Roster
from core.tables.rosters import RosterStatus


async def add(
    session: AsyncSession, sheet: Sheet, total: int, *, dry_run: bool, requested_by: int | None
) -> Roster:
    """Queue a roster."""
    statement = insert(Roster).values(
        content=sheet.text.encode(),
        ignored_columns=sheet.ignored_columns,
        total=total,
        dry_run=dry_run,
        requested_by=requested_by,
    )
    return (await session.scalars(statement.returning(Roster))).one()


async def by_id(session: AsyncSession, roster_id: int) -> Roster | None:
    """Return a roster as it stands now, without its content."""
    return await session.get(Roster, roster_id, populate_existing=True)


async def content_of(session: AsyncSession, roster_id: int) -> bytes | None:
    """Return the file of a roster, while it is kept."""
    return await session.scalar(select(Roster.content).where(Roster.id == roster_id))


async def page(session: AsyncSession, *, before: int | None, limit: int) -> Sequence[Roster]:
    """Return rosters, newest first, from the one before `before`."""
    statement = select(Roster)
    if before is not None:
        statement = statement.where(Roster.id < before)
    return (await session.scalars(statement.order_by(Roster.id.desc()).limit(limit))).all()


async def something_is_due(session: AsyncSession, forget_until: datetime) -> bool:
    """Return whether a roster waits, or a file to be forgotten."""
    waits = Roster.status == RosterStatus.QUEUED.value
    statement = select(Roster.id).where(or_(waits, _is_forgotten(forget_until))).limit(1)
    return await session.scalar(statement) is not None


async def next_queued(session: AsyncSession) -> Roster | None:
    """Return the roster to work on, with its content."""
    statement = select(Roster).where(Roster.status == RosterStatus.QUEUED.value).order_by(Roster.id).limit(1)
    return (await session.scalars(statement.options(undefer(Roster.content)))).one_or_none()


async def count(
    session: AsyncSession, roster_id: int, counts: Mapping[str, int], errors: Sequence[Mapping[str, Any]]
) -> None:
    """Add the outcomes of further lines, and what was wrong with some of them."""
    added = {name: getattr(Roster, name) + number for name, number in counts.items()}
    values = added | {"done": Roster.done + sum(counts.values())}
    if errors:
        values["errors"] = Roster.errors.concat([dict(error) for error in errors])
    await session.execute(update(Roster).where(Roster.id == roster_id).values(values))


async def finish(session: AsyncSession, roster_id: int, status: RosterStatus, *, keep_content: bool) -> None:
    """Note that nothing more is done with a roster."""
    values: dict[str, Any] = {"status": status.value, "finished_at": func.now()}
    if not keep_content:
        values["content"] = None
    await session.execute(update(Roster).where(Roster.id == roster_id).values(values))


async def forget_contents(session: AsyncSession, until: datetime) -> None:
    """Drop the files of dry runs nobody took up: they are lists of people."""
    await session.execute(update(Roster).where(_is_forgotten(until)).values(content=None))


def _is_forgotten(until: datetime) -> ColumnElement[bool]:
    return and_(Roster.finished_at < until, Roster.content.is_not(None))
