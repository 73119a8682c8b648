"""Events in, records out."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import MutableHeaders

from api.credentials import MISSING, token_of
from api.deps import DISABLED, ActiveUser, AppState, PathId, Session, Student, require_student
from api.errors import MALFORMED
from api.openapi import body as body_of
from api.openapi import refusals
from api.paging import LINK_HEADER, DaysQuery, PageQuery
from api.progress import service
from api.progress.batch import UNKNOWN_VIDEO, Verdict
from api.progress.preferences import Preferences, read_preferences
from api.progress.schemas import (
    Accepted,
    AcceptedAnswer,
    AppliedAnswer,
    BatchAnswer,
    BatchRequest,
    ProgressRequest,
    WatchedRecord,
)
from api.progress.service import Desk
from api.state import RawHeaders, State
from core.errors import BadRequest, Conflict, NotFound, Unauthenticated, Unavailable
from core.security import Claims

router = APIRouter(prefix="/progress", tags=["progress"])

PREFERENCE_APPLIED = {
    "Preference-Applied": {
        "description": "Which of the preferences in `Prefer` were honoured (RFC 7240)",
        "schema": {"type": "string"},
    }
}


async def _desk(state: AppState) -> Desk:
    return state.part(Desk)


DeskPart = Annotated[Desk, Depends(_desk)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AppliedAnswer,
    summary="Report a play, a pause or a heartbeat",
    responses={
        201: {"headers": PREFERENCE_APPLIED},
        202: {
            "model": AcceptedAnswer,
            "headers": PREFERENCE_APPLIED,
            "description": "The event is durable; its record follows",
        },
        **refusals(
            (BadRequest, "start_time must be a time of day written HH:MM:SS, from 00:00:00 to 23:59:59"),
            (BadRequest, "nothing happened: send start_time, end_time, or kind with occurred_at"),
            (NotFound, UNKNOWN_VIDEO),
            (Conflict, "the user does not exist"),
            (Unavailable, service.NOT_STORED),
        ),
    },
)
async def report(
    user: Student,
    request: Request,
    body: ProgressRequest,
    desk: DeskPart,
    idempotency_key: Annotated[
        str | None, Header(description="Instead of `event_id`: makes a retry harmless")
    ] = None,
    prefer: Annotated[
        list[str] | None,
        Header(description="`respond-async` does not wait for the record; `wait=N` waits N seconds at most"),
    ] = None,
) -> Response:
    """Make an event durable, wait until it is applied (at most 2 s) and return the record it led to."""
    del prefer  # documented here, read with all its repetitions below
    preferences = read_preferences(request.headers.getlist("prefer"), desk.patience.record)
    return answer_report(await desk.report(body, idempotency_key, user.user_id, preferences), preferences)


@router.post(
    "/batch",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=BatchAnswer,
    summary="Report up to 1,000 events, each judged by itself",
    openapi_extra={
        "requestBody": body_of(BatchRequest, "application/json", "text/plain"),
        "security": [{"password": ["student"]}],
    },
    responses=refusals(
        (BadRequest, "a batch has at most 1000 events: send several"),
        (Unavailable, service.NOT_STORED),
    ),
)
async def report_batch(request: Request, state: AppState, desk: DeskPart) -> Response:
    """Make events durable. Takes `text/plain` with the token inside, for `navigator.sendBeacon`."""
    token = token_of(request.scope)
    user = None if token is None else student_of(state, token)
    body = _read_batch(await request.body())
    user = user or student_of(state, body.token)
    return answer_batch(await desk.report_batch(body, user.user_id))


@router.get(
    "/video/{video_id}",
    summary="One's own records on a video, newest first",
    responses={
        200: {"headers": LINK_HEADER},
        **refusals((Unauthenticated, DISABLED), (NotFound, UNKNOWN_VIDEO)),
    },
)
async def history(
    user: ActiveUser,
    video_id: PathId,
    session: Session,
    desk: DeskPart,
    days: DaysQuery,
    page: PageQuery,
) -> list[WatchedRecord]:
    rows = await service.history(
        session,
        desk.videos,
        user.user_id,
        video_id,
        desk.policy,
        first=days.first,
        last=days.last,
        before=page.after_day(),
        limit=page.rows,
    )
    return page.cut(rows, lambda row: row.date.isoformat())


def answer_report(answer: AppliedAnswer | Accepted, preferences: Preferences) -> Response:
    """Return what became of a report as a response."""
    if isinstance(answer, Accepted):
        code, content = status.HTTP_202_ACCEPTED, msgspec.json.encode(answer)
    else:
        code, content = status.HTTP_201_CREATED, answer.model_dump_json().encode()
    return _Answer(content, code, _head(preferences, code))


class _Answer(Response):
    """An answer with headers that are made once for all like it."""

    def __init__(self, content: bytes, code: int, head: RawHeaders) -> None:
        self.status_code, self.body, self.background = code, content, None
        self.raw_headers = [(b"content-length", b"%d" % len(content)), *head]


@lru_cache(maxsize=128)
def _head(preferences: Preferences, code: int) -> list[tuple[bytes, bytes]]:
    """Return the headers that all such answers have."""
    head = MutableHeaders({"Content-Type": "application/json"})
    applied = preferences.applied(answered_async=code == status.HTTP_202_ACCEPTED)
    if applied:
        head["Preference-Applied"] = applied
    return head.raw


def answer_batch(verdicts: Sequence[Verdict]) -> Response:
    """Return what became of the events of a batch as a response."""
    content = msgspec.json.encode({"results": verdicts})
    return Response(content, status.HTTP_202_ACCEPTED, media_type="application/json")


def student_of(state: State, token: str | None) -> Claims:
    """Return who reports a batch.

    Raises:
        Unauthenticated: there is no token, or it does not hold.
        Forbidden: it is no student's.

    """
    if not token:
        raise Unauthenticated(MISSING)
    return require_student(state.tokens.read(token))


def _read_batch(body: bytes) -> BatchRequest:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(MALFORMED) from error
    try:
        return BatchRequest.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error
