"""`/courses`: what there is to learn, and who has a place."""

from fastapi import APIRouter

from api.courses import service
from api.courses.schemas import CourseAnswer, Enrollment, Registered
from api.deps import DISABLED, CurrentUser, PathId, Session, Student, require_active
from api.openapi import refusals
from api.paging import LINK_HEADER, PageQuery
from core.errors import NotFound, Unauthenticated

router = APIRouter(prefix="/courses", tags=["courses"])

_NO_COURSE = refusals((NotFound, service.NO_COURSE))


@router.get("", summary="All courses", responses={200: {"headers": LINK_HEADER}})
async def courses(session: Session, page: PageQuery) -> list[CourseAnswer]:
    """By id."""
    found = await service.page(session, after=page.after_id(), limit=page.rows)
    return [CourseAnswer.model_validate(course) for course in page.cut(found, lambda course: course.id)]


@router.get("/{id}", summary="One course", responses=_NO_COURSE)
async def course(id: PathId, session: Session) -> CourseAnswer:  # noqa: A002 - its name in the contract
    return CourseAnswer.model_validate(await service.one(session, id))


@router.post(
    "/{id}/register",
    summary="Take a place",
    responses=refusals((NotFound, service.NO_COURSE), (Unauthenticated, DISABLED)),
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


@router.get("/{id}/registration", summary="Whether I have a place", responses=_NO_COURSE)
async def registration(
    user: CurrentUser,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> Enrollment:
    return Enrollment(enrolled=await service.is_registered(session, id, user.user_id))
