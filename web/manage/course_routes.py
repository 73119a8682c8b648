"""`/manage/courses`: courses and their videos, made and changed by admins."""

from typing import Annotated

from fastapi import BackgroundTasks, Query
from starlette.responses import Response

from api.content import fields_of
from api.courses import service as courses
from api.courses.schemas import NewCourse, NewVideo
from api.deps import PathId
from api.videos import import_service as imports
from api.videos import service as videos
from api.videos.desk import ImportDesk
from core.errors import EduTrackError
from core.security import MAX_ID
from web.doors import Admin, Form, SentForm, Visit
from web.inputs import change_of, read
from web.manage import queries
from web.manage.changes import CourseFields, VideoFields
from web.pages import go_to, page, page_router

router = page_router("/manage/courses")

PAGE_ROWS = 100
VIDEOS_AT_MOST = 1_000


@router.get("")
async def listed(
    visit: Admin,
    archived: bool = False,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> Response:
    return await _list(visit, archived=archived, after=after)


@router.post("")
async def create(visit: Admin, form: SentForm) -> Response:
    try:
        asked = read(NewCourse, form.typed)
        async with visit.transaction() as session:
            made = await courses.create(session, asked.course_title, asked.link)
    except EduTrackError as error:
        return await _list(visit, error=error, form=form)
    return go_to(visit, f"/manage/courses/{made.id}?done=made")


@router.get("/{course_id}")
async def one(visit: Admin, course_id: PathId, done: str = "") -> Response:
    return await _one(visit, course_id, done=done)


@router.post("/{course_id}")
async def change(visit: Admin, course_id: PathId, form: SentForm) -> Response:
    try:
        fields = fields_of(change_of(CourseFields, form.typed))
        async with visit.transaction() as session:
            await courses.change(session, course_id, fields)
    except EduTrackError as error:
        return await _one(visit, course_id, error=error, form=form, about="course")
    return go_to(visit, f"/manage/courses/{course_id}?done=changed")


@router.post("/{course_id}/archive")
async def archive(visit: Admin, course_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await courses.archive(session, course_id, visit.state.clock())
    return go_to(visit, f"/manage/courses/{course_id}?done=archived")


@router.post("/{course_id}/restore")
async def restore(visit: Admin, course_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await courses.restore(session, course_id)
    return go_to(visit, f"/manage/courses/{course_id}?done=restored")


@router.post("/{course_id}/sync")
async def sync(visit: Admin, course_id: PathId, _: SentForm, later: BackgroundTasks) -> Response:
    """Import a course's playlist once more."""
    async with visit.transaction() as session:
        course = await courses.one(session, course_id)
        _course, row, is_new = await imports.request(session, course.playlist_id or "", visit.user.id)
    answer = go_to(visit, f"/manage/imports/{row.id}")
    if is_new:
        later.add_task(visit.state.part(ImportDesk).start, row.id)
        answer.background = later
    return answer


@router.post("/{course_id}/videos")
async def add_video(visit: Admin, course_id: PathId, form: SentForm) -> Response:
    try:
        asked = read(NewVideo, form.typed)
        async with visit.transaction() as session:
            await courses.add_video(session, course_id, asked.title, asked.video_link, asked.duration_seconds)
    except EduTrackError as error:
        return await _one(visit, course_id, error=error, form=form, about="video")
    return go_to(visit, f"/manage/courses/{course_id}?done=added")


@router.get("/{course_id}/videos/{video_id}")
async def one_video(visit: Admin, course_id: PathId, video_id: PathId) -> Response:
    return await _video(visit, course_id, video_id)


@router.post("/{course_id}/videos/{video_id}")
async def change_video(visit: Admin, course_id: PathId, video_id: PathId, form: SentForm) -> Response:
    try:
        fields = fields_of(change_of(VideoFields, form.typed))
        async with visit.transaction() as session:
            await videos.change(session, video_id, fields)
    except EduTrackError as error:
        return await _video(visit, course_id, video_id, error=error, form=form)
    return go_to(visit, f"/manage/courses/{course_id}?done=changed")


@router.post("/{course_id}/videos/{video_id}/archive")
async def archive_video(visit: Admin, course_id: PathId, video_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await videos.archive(session, video_id, visit.state.clock())
    return go_to(visit, f"/manage/courses/{course_id}?done=changed")


@router.post("/{course_id}/videos/{video_id}/restore")
async def restore_video(visit: Admin, course_id: PathId, video_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await videos.restore(session, video_id)
    return go_to(visit, f"/manage/courses/{course_id}?done=changed")


async def _list(
    visit: Visit,
    *,
    archived: bool = False,
    after: int = 0,
    error: EduTrackError | None = None,
    form: Form | None = None,
) -> Response:
    async with visit.transaction() as session:
        rows = await queries.courses(session, archived=archived, after=after, limit=PAGE_ROWS + 1)
    return page(
        visit,
        "manage/courses.html",
        error=error,
        typed=form.typed if form else {},
        rows=rows[:PAGE_ROWS],
        more=len(rows) > PAGE_ROWS,
        archived=archived,
    )


async def _one(
    visit: Visit,
    course_id: int,
    *,
    done: str = "",
    error: EduTrackError | None = None,
    form: Form | None = None,
    about: str = "",
) -> Response:
    async with visit.transaction() as session:
        course = await courses.one(session, course_id)
        shown = await videos.of_course(session, course_id, after=None, limit=VIDEOS_AT_MOST, removed=True)
        last = await queries.last_import(session, course_id)
    return page(
        visit,
        "manage/course.html",
        error=error,
        about=about,
        typed=form.typed if form else {},
        course=course,
        videos=shown,
        last_import=last,
        done=done,
    )


async def _video(
    visit: Visit,
    course_id: int,
    video_id: int,
    *,
    error: EduTrackError | None = None,
    form: Form | None = None,
) -> Response:
    async with visit.transaction() as session:
        course = await courses.one(session, course_id)
        video = await queries.video(session, course_id, video_id)
    return page(
        visit, "manage/video.html", error=error, typed=form.typed if form else {}, course=course, video=video
    )
