"""Handing in rosters and looking at them. Raises `core.errors`; commits nothing."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.rosters import requests
from core.rosters.reading import Sheet, read_sheet
from core.tables import Roster, RosterStatus

NO_ROSTER = "there is no such roster: GET /rosters lists them"
NOT_TO_APPLY = "only a dry run of the last 24 hours that has ended can be applied: send the file again"


async def read(content: bytes, encoding: str | None) -> tuple[Sheet, int]:
    """Return a file and the number of its lines; off the event loop, because it may be large.

    Raises:
        BadRequest: it cannot be read.

    """

    def measured() -> tuple[Sheet, int]:
        sheet = read_sheet(content, encoding)
        return sheet, sheet.count()

    return await asyncio.to_thread(measured)


async def one(session: AsyncSession, roster_id: int) -> Roster:
    """Return a roster.

    Raises:
        NotFound: there is none.

    """
    roster = await requests.by_id(session, roster_id)
    if roster is None:
        raise NotFound(NO_ROSTER)
    return roster


async def apply(session: AsyncSession, roster_id: int, requested_by: int | None) -> Roster:
    """Queue the file of a dry run to be written.

    Raises:
        NotFound: there is no such roster.
        Conflict: it was no dry run, has not ended, or its file is gone.

    """
    tried = await one(session, roster_id)
    content = await requests.content_of(session, roster_id)
    if not tried.dry_run or tried.status != RosterStatus.DONE or content is None:
        raise Conflict(NOT_TO_APPLY)
    return await requests.add(
        session, read_sheet(content), tried.total, dry_run=False, requested_by=requested_by
    )


async def page(session: AsyncSession, *, before: int | None, limit: int) -> Sequence[Roster]:
    """Return rosters, newest first."""
    return await requests.page(session, before=before, limit=limit)
