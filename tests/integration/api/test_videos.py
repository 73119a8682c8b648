"""Videos of courses, and playlists that become courses."""

import asyncio

import httpx
import pytest
from sqlalchemy import func, select

from api.videos import service
from core.database import Sessions
from core.tables import Course, PlaylistImport, Video
from tests.integration.api.conftest import Api, Callers

LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"


async def ask(api: Api, callers: Callers, playlist_url: object = LINK) -> httpx.Response:
    return await api.client.post(
        "/videos/youtube-playlist", json={"playlist_url": playlist_url}, headers=callers.admin
    )


async def add_videos(sessions: Sessions, positions: list[int]) -> None:
    async with sessions.begin() as session:
        course = Course(course_title="Optics")
        session.add(course)
        await session.flush()
        for position in positions:
            session.add(
                Video(course_id=course.id, title=f"{position}", video_link="https://x.org", position=position)
            )
            await session.flush()


async def test_videos_come_in_playlist_order(api: Api, sessions: Sessions) -> None:
    await add_videos(sessions, [2, 0, 1, 1])
    videos = (await api.client.get("/videos/course/1")).json()
    assert [(video["title"], video["id"]) for video in videos] == [("0", 2), ("1", 3), ("1", 4), ("2", 1)]
    assert videos[0] == {
        "id": 2,
        "course_id": 1,
        "title": "0",
        "video_link": "https://x.org",
        "position": 0,
        "duration_seconds": None,
    }


async def test_a_long_course_comes_in_pages_in_the_same_order(api: Api, sessions: Sessions) -> None:
    await add_videos(sessions, [3, 1, 1, 0, 2, 1, 3])
    url, seen = "/videos/course/1?limit=2", []
    while url:
        answer = await api.client.get(url)
        seen += [video["id"] for video in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [4, 2, 3, 6, 5, 1, 7]


async def test_a_course_without_videos_is_empty_and_no_course_is_not_found(
    api: Api, sessions: Sessions
) -> None:
    await add_videos(sessions, [])
    assert (await api.client.get("/videos/course/1")).json() == []
    assert (await api.client.get("/videos/course/2")).status_code == 404


async def test_an_admin_queues_an_import(api: Api, callers: Callers) -> None:
    answer = await ask(api, callers)
    assert answer.status_code == 202
    body = answer.json()
    assert body | {"import": {}} == {
        "id": 1,
        "course_title": "PL0123456789abcdef",
        "link": LINK,
        "import": {},
    }
    assert (body["import"]["id"], body["import"]["status"]) == (1, "queued")
    assert answer.headers["location"] == "/videos/imports/1"
    found = await api.client.get(answer.headers["location"], headers=callers.admin)
    assert found.json() == body["import"] | {"course_id": 1}
    assert [course["link"] for course in (await api.client.get("/courses")).json()] == [LINK]


@pytest.mark.parametrize(
    "again", [LINK, "PL0123456789abcdef", "youtu.be/abcdefghijk?list=PL0123456789abcdef&t=7"]
)
async def test_the_second_time_is_the_same_import(api: Api, callers: Callers, again: str) -> None:
    assert (await ask(api, callers)).json() == (await ask(api, callers, again)).json()


async def test_many_at_once_are_one_import(api: Api, callers: Callers, sessions: Sessions) -> None:
    answers = await asyncio.gather(*(ask(api, callers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Course)) == 1
        assert await session.scalar(select(func.count()).select_from(PlaylistImport)) == 1


async def test_a_title_that_was_fetched_stays(api: Api, callers: Callers, sessions: Sessions) -> None:
    await ask(api, callers)
    async with sessions.begin() as session:
        course = await session.get_one(Course, 1)
        course.course_title = "Optics"
    assert (await ask(api, callers)).json()["course_title"] == "Optics"


async def test_what_is_no_playlist_leaves_nothing_behind(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    refused = await ask(api, callers, "https://www.youtube.com/watch?v=abcdefghijk")
    assert refused.status_code == 400
    assert "one video" in refused.json()["detail"]
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Course)) == 0


async def test_an_import_that_is_not_there_is_not_found(api: Api, callers: Callers) -> None:
    assert (await api.client.get("/videos/imports/1", headers=callers.admin)).status_code == 404


async def test_a_video_is_appended_at_the_end(api: Api, sessions: Sessions) -> None:
    await add_videos(sessions, [0, 7])
    async with sessions.begin() as session:
        await service.append(session, 1, " Lenses ", "https://example.org/lenses")
    titles = [video["title"] for video in (await api.client.get("/videos/course/1")).json()]
    assert titles == ["0", "7", "Lenses"]
