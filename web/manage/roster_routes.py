"""`/manage/rosters`: students and their courses from a file, tried before it is written."""

from fastapi import Query
from starlette.responses import Response

from api.deps import PathId
from api.rosters import service
from core.errors import BadRequest, EduTrackError
from core.rosters import requests
from core.rosters.reading import ENCODINGS
from core.tables import RosterStatus
from web.doors import Admin, SentForm, Visit
from web.pages import go_to, page, page_router

router = page_router("/manage/rosters")

SHOWN = 30
NO_FILE = "choose a CSV file with the columns username and email"


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
    return page(visit, "manage/rosters.html", error=error, rosters=found, encodings=ENCODINGS)


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
