"""`/videos/youtube-playlist` and `/videos/imports`: how a playlist becomes a course."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Response

from api.deps import NO_TEXT, Admin, AppState, PathId, Session
from api.openapi import refusals
from api.paging import LINK_HEADER, PageQuery
from api.videos import import_service as service
from api.videos import playlist_links
from api.videos.desk import ImportDesk
from api.videos.import_schemas import (
    ImportAnswer,
    ImportedCourse,
    ImportState,
    PlaylistRequest,
    RetryRequest,
)
from core.errors import BadRequest, Conflict, NotFound
from core.security import MAX_ID

router = APIRouter(prefix="/videos", tags=["imports"])

_LOCATION = {"Location": {"description": "Where the import's state is", "schema": {"type": "string"}}}


async def _desk(state: AppState) -> ImportDesk:
    return state.part(ImportDesk)


Desk = Annotated[ImportDesk, Depends(_desk)]
IdempotencyKey = Annotated[
    str | None, Header(description="Makes a retry harmless: the same key gives the same import for ever")
]


@router.post(
    "/youtube-playlist",
    status_code=202,
    summary="Import a YouTube playlist as a course",
    responses={
        202: {"description": "The import is queued, or was already", "headers": _LOCATION},
        **refusals(
            *((BadRequest, reason) for reason in (NO_TEXT, service.BAD_KEY, *playlist_links.REASONS)),
            (Conflict, service.KEY_TAKEN),
            (Conflict, service.ARCHIVED),
        ),
    },
)
async def import_playlist(
    user: Admin,
    asked: PlaylistRequest,
    session: Session,
    desk: Desk,
    response: Response,
    later: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
) -> ImportedCourse:
    """Asking again while an import of the playlist is under way answers with that one.

    A playlist that was imported before is brought up to date: new videos are added, vanished ones are marked.
    """
    key = service.read_key(idempotency_key)
    course, row, is_new = await service.request(session, asked.playlist_url, user.user_id, key)
    response.headers["Location"] = f"/videos/imports/{row.id}"
    if is_new:
        later.add_task(desk.start, row.id)
    return ImportedCourse(
        id=course.id,
        course_title=course.course_title,
        link=course.link,
        import_=await service.state(session, row),
    )


@router.get("/imports", summary="All imports, newest first", responses={200: {"headers": LINK_HEADER}})
async def imports(
    _: Admin,
    session: Session,
    page: PageQuery,
    course_id: Annotated[int | None, Query(ge=1, le=MAX_ID, description="Those of one course")] = None,
) -> list[ImportState]:
    found = await service.page(session, before=page.after_id() or None, limit=page.rows, course_id=course_id)
    return page.cut(found, lambda one: one.id)


@router.get(
    "/imports/{id}", summary="Where an import stands", responses=refusals((NotFound, service.NO_IMPORT))
)
async def one_import(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
) -> ImportAnswer:
    """With the items that nobody can watch or that could not be imported."""
    return await service.one(session, id)


@router.post(
    "/imports/{id}/cancel",
    summary="Cancel an import",
    responses=refusals((NotFound, service.NO_IMPORT), (Conflict, service.NOT_TO_CANCEL)),
)
async def cancel(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    desk: Desk,
    later: BackgroundTasks,
) -> ImportAnswer:
    """Its worker stops within seconds; the course stays as it was. Repeating it is harmless."""
    await service.cancel(session, id)
    later.add_task(desk.tell, id)
    return await service.one(session, id)


@router.post(
    "/imports/{id}/retry",
    summary="Try an import again",
    responses=refusals(
        (NotFound, service.NO_IMPORT),
        *((Conflict, detail) for detail in (service.NOT_TO_RETRY, service.OTHER_RUNS, service.ARCHIVED)),
    ),
)
async def retry(
    _: Admin,
    id: PathId,  # noqa: A002 - its name in the contract
    session: Session,
    desk: Desk,
    later: BackgroundTasks,
    asked: RetryRequest | None = None,
) -> ImportAnswer:
    """One that failed, was cancelled or is paused goes on now, with the same id."""
    accept_removals = asked is not None and asked.accept_removals
    await service.retry(session, id, accept_removals=accept_removals)
    later.add_task(desk.start, id)
    return await service.one(session, id)
