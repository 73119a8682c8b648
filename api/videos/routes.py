"""`/videos`: what a course consists of, and how a playlist becomes one."""

from fastapi import APIRouter, Response

from api.deps import NO_TEXT, Admin, PathId, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, PageQuery
from api.videos import playlist_links, service
from api.videos.schemas import ImportAnswer, ImportedCourse, ImportState, PlaylistRequest, VideoAnswer
from core.errors import BadRequest, NotFound

router = APIRouter(prefix="/videos", tags=["videos"])

_LOCATION = {"Location": {"description": "Where the import's state is", "schema": {"type": "string"}}}


@router.get(
    "/course/{id}",
    summary="A course's videos, in playlist order",
    responses={200: {"headers": LINK_HEADER}, **refusals((NotFound, service.NO_COURSE))},
)
async def of_course(
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    page: PageQuery,
) -> list[VideoAnswer]:
    videos = await service.of_course(session, id, after=page.after_numbers(2), limit=page.rows)
    return [
        VideoAnswer.model_validate(video)
        for video in page.cut(videos, lambda video: f"{video.position}-{video.id}")
    ]


@router.post(
    "/youtube-playlist",
    status_code=202,
    summary="Import a YouTube playlist as a course",
    responses={
        202: {"description": "The import is queued, or was already", "headers": _LOCATION},
        **refusals(*((BadRequest, reason) for reason in (NO_TEXT, *playlist_links.REASONS))),
    },
)
async def import_playlist(
    user: Admin, asked: PlaylistRequest, session: Session, response: Response
) -> ImportedCourse:
    """Asking again for the same playlist answers with the same course and the same queued import."""
    course, queued = await service.request_import(session, asked.playlist_url, user.user_id)
    response.headers["Location"] = f"/videos/imports/{queued.id}"
    return ImportedCourse(
        id=course.id,
        course_title=course.course_title,
        link=course.link,
        import_=ImportState.model_validate(queued),
    )


@router.get(
    "/imports/{id}", summary="Where an import stands", responses=refusals((NotFound, service.NO_IMPORT))
)
async def one_import(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> ImportAnswer:
    return ImportAnswer.model_validate(await service.one_import(session, id))
