"""`/courses`: what there is to learn, and who has a place."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.content import NO_COURSE, NO_LINK, NO_TITLE, NOTHING, VideoAnswer, fields_of
from api.courses import service
from api.courses.schemas import CourseAnswer, CourseChange, Enrollment, NewCourse, NewVideo, Registered
from api.credentials import MISSING, TWO_TOKENS, claims_of
from api.deps import (
    DISABLED,
    FOR_ADMINS,
    NO_TEXT,
    ActiveUser,
    Admin,
    AppState,
    PathId,
    Session,
    Student,
    require_active,
    require_admin,
)
from api.openapi import refusals
from api.paging import LINK_HEADER, MALFORMED_DATE, PageQuery
from core.attendance.rejudge import reassess
from core.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthenticated
from core.security import EXPIRED, INVALID

router = APIRouter(prefix="/courses", tags=["courses"])

_NO_COURSE = refusals((NotFound, NO_COURSE))
_NO_FIELDS = ((BadRequest, NO_TEXT), (BadRequest, NO_TITLE), (BadRequest, NO_LINK))
_LOCATION = {"Location": {"description": "Where the course is", "schema": {"type": "string"}}}
_OF_ARCHIVED = refusals(
    (BadRequest, TWO_TOKENS),
    *((Unauthenticated, detail) for detail in (MISSING, INVALID, EXPIRED, DISABLED)),
    (Forbidden, FOR_ADMINS),
)


@router.get("", summary="All courses", responses={200: {"headers": LINK_HEADER}, **_OF_ARCHIVED})
async def courses(
    request: Request,
    state: AppState,
    session: Session,
    page: PageQuery,
    archived: Annotated[bool, Query(description="The archived ones too; for admins")] = False,
) -> list[CourseAnswer]:
    """By id, without those that are archived."""
    if archived:
        await require_admin(session, claims_of(request.scope, state.tokens))
    found = await service.page(session, after=page.after_id(), limit=page.rows, archived=archived)
    return [CourseAnswer.model_validate(course) for course in page.cut(found, lambda course: course.id)]


@router.post(
    "",
    status_code=201,
    summary="Make a course",
    responses={201: {"headers": _LOCATION}, **refusals(*_NO_FIELDS)},
)
async def create(_: Admin, asked: NewCourse, session: Session, response: Response) -> CourseAnswer:
    """One without videos; `POST /courses/{id}/videos` adds them."""
    made = await service.create(session, asked.course_title, asked.link)
    response.headers["Location"] = f"/courses/{made.id}"
    return CourseAnswer.model_validate(made)


@router.get("/{id}", summary="One course", responses=_NO_COURSE)
async def course(id: PathId, session: Session) -> CourseAnswer:  # noqa: A002 - its name in the contract
    """Archived or not."""
    return CourseAnswer.model_validate(await service.one(session, id))


@router.patch(
    "/{id}",
    summary="Change a course",
    responses=refusals(
        *_NO_FIELDS,
        *((BadRequest, detail) for detail in (NOTHING, MALFORMED_DATE, service.ENDS_EARLY)),
        (NotFound, NO_COURSE),
        (Conflict, service.NO_PLAYLIST),
    ),
)
async def change(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    asked: CourseChange,
    session: Session,
) -> CourseAnswer:
    """What is left out stays as it is."""
    changed = await service.change(session, id, fields_of(asked))
    return CourseAnswer.model_validate(changed)


@router.post("/{id}/archive", summary="Archive a course", responses=_NO_COURSE)
async def archive(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    state: AppState,
    session: Session,
) -> CourseAnswer:
    """It takes no new registrations and leaves the list; its students keep places, videos and numbers."""
    return CourseAnswer.model_validate(await service.archive(session, id, state.clock()))


@router.post("/{id}/restore", summary="Bring an archived course back", responses=_NO_COURSE)
async def restore(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> CourseAnswer:
    return CourseAnswer.model_validate(await service.restore(session, id))


@router.post(
    "/{id}/videos",
    status_code=201,
    summary="Add a video at the end of a course",
    responses=refusals(*_NO_FIELDS, (NotFound, NO_COURSE)),
)
async def add_video(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    asked: NewVideo,
    session: Session,
    state: AppState,
) -> VideoAnswer:
    """From anywhere on the web. `PATCH /videos/{id}` changes it, `POST /videos/{id}/archive` removes it."""
    added = await service.add_video(
        session, id, asked.title, asked.video_link, asked.duration_seconds, asked.assigned_on
    )
    await reassess(session, state.policy, state.clock(), {added.assigned_on})
    return VideoAnswer.of(added)


@router.post(
    "/{id}/register",
    summary="Take a place",
    responses=refusals((NotFound, NO_COURSE), (Unauthenticated, DISABLED), (Conflict, service.ARCHIVED)),
)
async def register(
    user: Student,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> Registered:
    """Repeating it is harmless."""
    await require_active(session, user)
    await service.register(session, id, user.user_id)
    return Registered(message="You are registered.")


@router.get(
    "/{id}/registration",
    summary="Whether I have a place",
    responses=refusals((NotFound, NO_COURSE), (Unauthenticated, DISABLED)),
)
async def registration(
    user: ActiveUser,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> Enrollment:
    return Enrollment(enrolled=await service.is_registered(session, id, user.user_id))
