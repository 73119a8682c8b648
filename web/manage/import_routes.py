"""`/manage/imports`: how playlists become courses, as admins start and watch it."""

from typing import Annotated

from fastapi import BackgroundTasks, Depends, Header, Query
from starlette.responses import Response

from api.deps import PathId, Session
from api.videos import import_service as service
from api.videos.desk import ImportDesk
from api.videos.live_routes import place, stream
from core.errors import EduTrackError
from core.security import MAX_ID
from web.doors import Admin, SentForm, Visit
from web.manage import queries
from web.manage.preview import Preview, preview_of
from web.pages import go_to, page, page_router

router = page_router("/manage/imports")

PAGE_ROWS = 30

Before = Annotated[int | None, Query(ge=1, le=MAX_ID)]


@router.get("")
async def imports(visit: Admin, before: Before = None) -> Response:
    return await _page(visit, before=before)


@router.post("")
async def request(visit: Admin, form: SentForm, later: BackgroundTasks) -> Response:
    try:
        async with visit.transaction() as session:
            _, row, is_new = await service.request(session, form["playlist_url"], visit.user.id)
    except EduTrackError as error:
        return await _page(visit, error=error, typed=form["playlist_url"])
    if is_new:
        later.add_task(visit.state.part(ImportDesk).start, row.id)
    return _after(go_to(visit, f"/manage/imports/{row.id}"), later)


@router.get("/list")
async def listed(visit: Admin, before: Before = None) -> Response:
    return await _page(visit, template="manage/import_list.html", before=before)


@router.get("/preview")
async def preview(visit: Admin, playlist_url: str = "") -> Response:
    """Say what a link is, as it is being typed."""
    async with visit.transaction() as session:
        found = await preview_of(session, playlist_url)
    return page(visit, "manage/import_preview.html", preview=found)


@router.get("/{import_id}")
async def one(visit: Admin, import_id: PathId) -> Response:
    return await _one(visit, import_id)


@router.get("/{import_id}/state")
async def state(visit: Admin, import_id: PathId) -> Response:
    return await _one(visit, import_id, template="manage/import_state.html")


@router.get("/{import_id}/events")
async def events(
    visit: Admin,
    import_id: PathId,
    session: Session,
    desk: Annotated[ImportDesk, Depends(place)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The same stream as the API's, for as long as the session holds."""
    return await stream(visit.state, desk, session, visit.claims, import_id, last_event_id)


@router.post("/{import_id}/cancel")
async def cancel(visit: Admin, import_id: PathId, _: SentForm, later: BackgroundTasks) -> Response:
    try:
        async with visit.transaction() as session:
            await service.cancel(session, import_id)
    except EduTrackError as error:
        return await _one(visit, import_id, error=error)
    later.add_task(visit.state.part(ImportDesk).tell, import_id)
    return _after(go_to(visit, f"/manage/imports/{import_id}"), later)


@router.post("/{import_id}/retry")
async def retry(visit: Admin, import_id: PathId, form: SentForm, later: BackgroundTasks) -> Response:
    try:
        async with visit.transaction() as session:
            await service.retry(session, import_id, accept_removals=bool(form["accept_removals"]))
    except EduTrackError as error:
        return await _one(visit, import_id, error=error)
    later.add_task(visit.state.part(ImportDesk).start, import_id)
    return _after(go_to(visit, f"/manage/imports/{import_id}"), later)


def _after(answer: Response, later: BackgroundTasks) -> Response:
    """Let background tasks run after an answer; FastAPI adds them only to answers it makes itself."""
    answer.background = later
    return answer


async def _page(
    visit: Visit,
    *,
    template: str = "manage/imports.html",
    before: int | None = None,
    error: EduTrackError | None = None,
    typed: str = "",
) -> Response:
    async with visit.transaction() as session:
        rows = await service.page(session, before=before, limit=PAGE_ROWS + 1, course_id=None)
        titles = await queries.titles(session, {row.course_id for row in rows})
    return page(
        visit,
        template,
        error=error,
        typed=typed,
        preview=Preview(),
        imports=rows[:PAGE_ROWS],
        titles=titles,
        before=before,
        older=rows[PAGE_ROWS - 1].id if len(rows) > PAGE_ROWS else None,
        now=visit.state.clock(),
    )


async def _one(
    visit: Visit,
    import_id: int,
    *,
    template: str = "manage/import.html",
    error: EduTrackError | None = None,
) -> Response:
    async with visit.transaction() as session:
        found = await service.one(session, import_id)
        titles = await queries.titles(session, {found.course_id})
    return page(
        visit,
        template,
        error=error,
        one=found,
        title=titles[found.course_id],
        now=visit.state.clock(),
    )
