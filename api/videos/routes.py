"""`/videos`: what a course consists of, and how a playlist becomes one."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.content import NO_COURSE, NO_LINK, NO_TITLE, NOTHING, VideoAnswer, fields_of
from api.deps import NO_TEXT, Admin, AppState, PathId, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, MALFORMED_DATE, PageQuery
from api.videos import service
from api.videos.schemas import VideoChange
from core.attendance.rejudge import reassess
from core.errors import BadRequest, NotFound

router = APIRouter(prefix="/videos", tags=["videos"])

_NO_VIDEO = refusals((NotFound, service.NO_VIDEO))


@router.get(
    "/course/{id}",
    summary="A course's videos, in playlist order",
    responses={200: {"headers": LINK_HEADER}, **refusals((NotFound, NO_COURSE))},
)
async def of_course(
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    page: PageQuery,
    removed: Annotated[bool, Query(description="Those too that are in the course no more")] = False,
) -> list[VideoAnswer]:
    """One that is not `available` is not counted in what a student is expected to watch."""
    videos = await service.of_course(
        session, id, after=page.after_numbers(2), limit=page.rows, removed=removed
    )
    return [VideoAnswer.of(video) for video in page.cut(videos, lambda one: f"{one.position}-{one.id}")]


@router.patch(
    "/{id}",
    summary="Change a video",
    responses=refusals(
        *((BadRequest, detail) for detail in (NO_TEXT, NO_TITLE, NO_LINK, NOTHING, MALFORMED_DATE)),
        (NotFound, service.NO_VIDEO),
    ),
)
async def change(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    asked: VideoChange,
    session: Session,
    state: AppState,
) -> VideoAnswer:
    """What is left out stays as it is. For one from a playlist, its next import says title and place anew."""
    changed, days = await service.change(session, id, fields_of(asked))
    await reassess(session, state.policy, state.clock(), days)
    return VideoAnswer.of(changed)


@router.post("/{id}/archive", summary="Take a video out of its course", responses=_NO_VIDEO)
async def archive(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    state: AppState,
    session: Session,
) -> VideoAnswer:
    """What was watched of it stays, and what players still report of it counts."""
    archived = await service.archive(session, id, state.clock())
    await reassess(session, state.policy, state.clock(), {archived.assigned_on})
    return VideoAnswer.of(archived)


@router.post("/{id}/restore", summary="Bring a video back", responses=_NO_VIDEO)
async def restore(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    state: AppState,
    session: Session,
) -> VideoAnswer:
    """One that its playlist has no more goes again with the next import."""
    restored = await service.restore(session, id)
    await reassess(session, state.policy, state.clock(), {restored.assigned_on})
    return VideoAnswer.of(restored)
