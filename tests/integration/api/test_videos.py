"""Videos of courses."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from core.database import Sessions
from core.tables import Course, Video
from tests.integration.api.conftest import Api, Callers


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
        "available": True,
        "unavailable_reason": None,
        "assigned_on": None,
        "removed_at": None,
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


async def change(api: Api, callers: Callers, video_id: int, **fields: object) -> httpx.Response:
    return await api.client.patch(f"/videos/{video_id}", json=fields, headers=callers.admin)


async def act(api: Api, callers: Callers, video_id: int, action: str) -> httpx.Response:
    return await api.client.post(f"/videos/{video_id}/{action}", headers=callers.admin)


async def titles(api: Api, query: str = "") -> list[str]:
    return [video["title"] for video in (await api.client.get(f"/videos/course/1{query}")).json()]


async def test_a_video_is_changed_where_something_is_given(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_videos(sessions, [0])
    await change(api, callers, 1, title=" Lenses ", duration_seconds=90)
    changed = (await change(api, callers, 1, video_link="https://x.org/2")).json()
    assert (changed["title"], changed["duration_seconds"], changed["video_link"]) == (
        "Lenses",
        90,
        "https://x.org/2",
    )
    assert (await change(api, callers, 1, duration_seconds=None)).json()["duration_seconds"] is None
    assert (await change(api, callers, 1)).status_code == 400
    assert await titles(api) == ["Lenses"]
    assert (await change(api, callers, 2, title="x")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"title": " "}, 400),
        ({"title": "x" * 501}, 400),
        ({"video_link": "javascript:alert(1)"}, 400),
        ({"video_link": "https://"}, 400),
        ({"video_link": "https://x.org/" + "x" * 2000}, 400),
        ({"title": None}, 422),
        ({"position": -1}, 422),
        ({"position": None}, 422),
        ({"duration_seconds": "90"}, 422),
    ],
)
async def test_a_video_keeps_a_title_a_link_and_a_place(
    api: Api, sessions: Sessions, callers: Callers, fields: dict[str, object], status: int
) -> None:
    await add_videos(sessions, [0])
    assert (await change(api, callers, 1, **fields)).status_code == status
    assert await titles(api) == ["0"]


async def test_a_video_that_moves_makes_room_for_itself(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_videos(sessions, [0, 1, 2, 3])
    await change(api, callers, 4, position=1)
    assert await titles(api) == ["0", "3", "1", "2"]
    await change(api, callers, 1, position=2)
    assert await titles(api) == ["3", "0", "1", "2"]


async def test_videos_that_move_at_once_all_get_a_place(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_videos(sessions, list(range(8)))
    answers = await asyncio.gather(*(change(api, callers, n, position=0) for n in range(2, 9)))
    assert {answer.status_code for answer in answers} == {200}
    videos = (await api.client.get("/videos/course/1")).json()
    assert len({video["position"] for video in videos}) == 8


async def test_an_archived_video_leaves_its_course_and_comes_back(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_videos(sessions, [0, 1])
    first = (await act(api, callers, 1, "archive")).json()
    assert (first["available"], first["unavailable_reason"]) == (False, "removed")
    assert (await act(api, callers, 1, "archive")).json()["removed_at"] == first["removed_at"]
    assert (await titles(api), await titles(api, "?removed=true")) == (["1"], ["0", "1"])
    assert (await act(api, callers, 1, "restore")).json()["available"] is True
    assert await titles(api) == ["0", "1"]
    for action in ("archive", "restore"):
        assert (await act(api, callers, 9, action)).status_code == 404


async def test_a_video_that_cannot_be_watched_is_listed_with_the_reason(api: Api, sessions: Sessions) -> None:
    await add_videos(sessions, [0])
    async with sessions.begin() as session:
        (await session.get_one(Video, 1)).unavailable = "private"
    (video,) = (await api.client.get("/videos/course/1")).json()
    assert (video["available"], video["unavailable_reason"]) == (False, "private")


async def test_a_player_may_have_a_removed_video_open(
    gateway: Api, callers: Callers, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        video = await session.get_one(Video, 1)
        video.removed_at, video.unavailable = datetime.now(UTC), "deleted"
    answer = await gateway.client.post(
        "/progress",
        json={"video_id": 1, "start_time": "10:00:00"},
        headers=callers.student | {"Prefer": "respond-async"},
    )
    assert answer.status_code == 202
