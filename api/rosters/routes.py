"""`/rosters`: students and their courses, from a file."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Admin, PathId, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, PageQuery
from api.rosters import service
from api.rosters.schemas import RosterAnswer, RosterState
from core.errors import BadRequest, Conflict, NotFound
from core.rosters import requests
from core.rosters.reading import ENCODINGS, REASONS

router = APIRouter(prefix="/rosters", tags=["rosters"])

EXAMPLE = "username,email,course_id\nada,ada@example.org,1\ngrace,grace@example.org,1\n"
_LOCATION = {"Location": {"description": "Where its state is", "schema": {"type": "string"}}}
_FILE = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": EXAMPLE}}}


@router.post(
    "",
    status_code=202,
    summary="Hand in a roster",
    openapi_extra={"requestBody": _FILE},
    responses={202: {"headers": _LOCATION}, **refusals(*((BadRequest, reason) for reason in REASONS))},
)
async def hand_in(
    admin: Admin,
    request: Request,
    session: Session,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only say what would happen")] = False,
    encoding: Annotated[
        str | None, Query(description=f"Where it is not UTF-8: {', '.join(ENCODINGS)}", examples=["utf-8"])
    ] = None,
) -> RosterAnswer:
    """A CSV file with the columns `username`, `email` and, if wanted, `course_id` or `course` (its title).

    A student may stand in several lines, one for each course. Nobody is removed and no password is set; the
    same file again changes nothing. Lines that cannot be used are listed, and the others count.
    """
    sheet, total = await service.read(await request.body(), encoding)
    roster = await requests.add(session, sheet, total, dry_run=dry_run, requested_by=admin.user_id)
    response.headers["Location"] = f"/rosters/{roster.id}"
    return RosterAnswer.model_validate(roster)


@router.get("", summary="All rosters, newest first", responses={200: {"headers": LINK_HEADER}})
async def rosters(_: Admin, session: Session, page: PageQuery) -> list[RosterState]:
    found = await service.page(session, before=page.after_id() or None, limit=page.rows)
    return [RosterState.model_validate(one) for one in page.cut(found, lambda one: one.id)]


@router.get("/{id}", summary="How far a roster is", responses=refusals((NotFound, service.NO_ROSTER)))
async def roster(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> RosterAnswer:
    """With what is wrong in it, line by line."""
    return RosterAnswer.model_validate(await service.one(session, id))


@router.post(
    "/{id}/apply",
    status_code=202,
    summary="Apply a dry run",
    responses={
        202: {"headers": _LOCATION},
        **refusals((NotFound, service.NO_ROSTER), (Conflict, service.NOT_TO_APPLY)),
    },
)
async def apply(
    admin: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    response: Response,
) -> RosterAnswer:
    """Hand in the same file once more, this time to be written."""
    queued = await service.apply(session, id, admin.user_id)
    response.headers["Location"] = f"/rosters/{queued.id}"
    return RosterAnswer.model_validate(queued)
