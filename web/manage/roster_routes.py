"""`/manage/rosters`: students and their courses from a file, tried before it is written."""

import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from api.attendance.csv import text
from api.auth import service as accounts
from api.auth.handout import give_passwords
from api.courses import service as courses
from api.deps import PathId
from api.rosters import service
from core.errors import BadRequest, EduTrackError, Unavailable
from core.rosters import requests
from core.rosters.reading import ENCODINGS
from core.security import MAX_ID
from core.tables import RosterStatus
from web.doors import Admin, SentForm, Visit
from web.inputs import read
from web.manage import queries
from web.pages import HEADERS, go_to, page, page_router

log = logging.getLogger(__name__)

router = page_router("/manage/rosters")

SHOWN = 30
NO_FILE = "choose a CSV file with the columns username and email"


class Handout(BaseModel):
    """Who is given a password: students of a course; without it, of all."""

    course_id: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None


@router.get("")
async def rosters(visit: Admin) -> Response:
    return await _list(visit)


@router.post("")
async def hand_in(visit: Admin, form: SentForm) -> Response:
    """Judge a file line by line; it is written when somebody has seen what would happen."""
    upload = form.upload("file")
    try:
        if upload is None:
            raise BadRequest(NO_FILE)
        sheet, total = await service.read(await upload.read(), form["encoding"] or None)
        async with visit.transaction() as session:
            roster = await requests.add(session, sheet, total, dry_run=True, requested_by=visit.user.id)
    except EduTrackError as error:
        return await _list(visit, error=error)
    return go_to(visit, f"/manage/rosters/{roster.id}")


@router.post("/passwords")
async def give(visit: Admin, form: SentForm) -> Response:
    """Give students without a password one each, and answer with the file that is to be handed out.

    They are those of the course that was chosen, or all.

    It ends early where the database goes away or many people sign in: those who are not in it have none yet.
    """
    try:
        course_id = read(Handout, form.typed).course_id
        async with visit.transaction() as session:
            if course_id is not None:
                await courses.one(session, course_id)
            students = await accounts.without_password(session, course_id)
    except EduTrackError as error:
        return await _list(visit, error=error)

    async def lines() -> AsyncIterator[str]:
        yield text([("username", "password")])
        try:
            async for line in give_passwords(visit.transaction, visit.state.passwords, students):
                yield text([line])
        except Unavailable as error:
            log.warning("not everybody was given a password: %s", error.detail)

    file = {"Content-Disposition": 'attachment; filename="passwords.csv"'}
    return StreamingResponse(lines(), headers={**HEADERS, **file}, media_type="text/csv")


@router.get("/{roster_id}")
async def one(visit: Admin, roster_id: PathId, part: bool = Query(default=False)) -> Response:
    return await _one(visit, roster_id, template="roster_state" if part else "roster")


@router.post("/{roster_id}/apply")
async def apply(visit: Admin, roster_id: PathId, _: SentForm) -> Response:
    try:
        async with visit.transaction() as session:
            queued = await service.apply(session, roster_id, visit.user.id)
    except EduTrackError as error:
        return await _one(visit, roster_id, error=error)
    return go_to(visit, f"/manage/rosters/{queued.id}")


async def _list(visit: Visit, *, error: EduTrackError | None = None) -> Response:
    async with visit.transaction() as session:
        found = await service.page(session, before=None, limit=SHOWN)
        without = len(await accounts.without_password(session, None))
        waiting = await queries.courses_without_password(session)
    return page(
        visit,
        "manage/rosters.html",
        error=error,
        rosters=found,
        encodings=ENCODINGS,
        without=without,
        waiting=waiting,
    )


async def _one(
    visit: Visit, roster_id: int, *, template: str = "roster", error: EduTrackError | None = None
) -> Response:
    async with visit.transaction() as session:
        roster = await service.one(session, roster_id)
    return page(
        visit,
        f"manage/{template}.html",
        error=error,
        roster=roster,
        is_done=roster.status != RosterStatus.QUEUED,
        has_failed=roster.status == RosterStatus.FAILED,
    )
