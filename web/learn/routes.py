"""A student's courses: what there is to watch, what was watched of it, and where it goes on."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.courses import service as courses
from api.deps import PathId
from api.videos.service import NO_VIDEO
from core.errors import NotFound
from web.doors import SentForm, Student, own_origin
from web.learn import queries
from web.learn.watching import Watching
from web.pages import go_to, page, page_router

router = page_router("/learn")

OTHERS_AT_MOST = 60


@router.get("")
async def home(visit: Student) -> Response:
    async with visit.transaction() as session:
        mine = await queries.my_courses(session, visit.user.id)
        others = await queries.other_courses(session, visit.user.id, OTHERS_AT_MOST)
    return page(visit, "learn/home.html", mine=mine, others=others)


@router.get("/courses/{course_id}")
async def course(
    visit: Student, course_id: PathId, done: Annotated[bool, Query(alias="registered")] = False
) -> Response:
    async with visit.transaction() as session:
        shown = await courses.one(session, course_id)
        has_place = await courses.is_registered(session, course_id, visit.user.id)
        videos = await queries.videos(session, course_id, visit.user.id)
        left_off = await queries.left_off(session, visit.user.id, course_id)
    return page(
        visit,
        "learn/course.html",
        course=shown,
        has_place=has_place,
        videos=videos,
        left_off=left_off,
        registered=done and has_place,
    )


@router.post("/courses/{course_id}/register")
async def register(visit: Student, course_id: PathId, _: SentForm) -> Response:
    async with visit.transaction() as session:
        await courses.register(session, course_id, visit.user.id)
    return go_to(visit, f"/learn/courses/{course_id}?registered=1")


@router.get("/videos/{video_id}")
async def watch(visit: Student, video_id: PathId) -> Response:
    async with visit.transaction() as session:
        video = await queries.video(session, video_id)
        if video is None:
            raise NotFound(NO_VIDEO)
        course = await courses.one(session, video.course_id)
        has_place = await courses.is_registered(session, course.id, visit.user.id)
        videos = await queries.videos(session, course.id, visit.user.id)
        left_off = await queries.left_off(session, visit.user.id, course.id)
    watching = Watching(video, videos, left_off.get(video.id, 0.0))
    return page(
        visit,
        "learn/watch.html",
        policy=watching.policy,
        course=course,
        has_place=has_place,
        watching=watching,
        origin=own_origin(visit.request),
        token=visit.state.tokens.issue(visit.user.id, visit.user.username, visit.user.role),
    )


@router.post("/token")
async def token(visit: Student, _: SentForm) -> dict[str, str]:
    """Give the player script, which speaks with the API, a token as the last one runs out."""
    return {"token": visit.state.tokens.issue(visit.user.id, visit.user.username, visit.user.role)}
