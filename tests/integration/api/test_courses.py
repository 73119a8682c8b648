"""Courses and places in them."""

import asyncio

import httpx
from sqlalchemy import func, select

from core.database import Sessions
from core.roles import Role
from core.tables import Course, Registration
from tests.integration.api.conftest import Api, Callers


async def add_courses(sessions: Sessions, how_many: int) -> None:
    async with sessions.begin() as session:
        session.add_all(Course(course_title=f"Course {n}", link=None) for n in range(1, how_many + 1))


async def test_courses_are_listed_to_anybody(api: Api, sessions: Sessions) -> None:
    await add_courses(sessions, 2)
    answer = await api.client.get("/courses")
    assert answer.status_code == 200
    assert [(course["id"], course["course_title"], course["link"]) for course in answer.json()] == [
        (1, "Course 1", None),
        (2, "Course 2", None),
    ]
    assert "link" not in answer.headers


async def test_before_there_are_courses_the_list_is_empty(api: Api) -> None:
    assert (await api.client.get("/courses")).json() == []


async def test_a_long_list_comes_in_pages_without_gap_or_overlap(api: Api, sessions: Sessions) -> None:
    await add_courses(sessions, 7)
    url, seen, pages = "/courses?limit=3&token=ignored", [], 0
    while url:
        answer = await api.client.get(url)
        seen += [course["id"] for course in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
        assert "token" not in url
        pages += 1
    assert (seen, pages) == ([*range(1, 8)], 3)


async def test_a_list_has_a_hundred_rows_unless_asked_otherwise(api: Api, sessions: Sessions) -> None:
    await add_courses(sessions, 101)
    assert len((await api.client.get("/courses")).json()) == 100
    assert len((await api.client.get("/courses?limit=1000")).json()) == 101


async def test_one_course_is_shown(api: Api, sessions: Sessions) -> None:
    await add_courses(sessions, 1)
    assert (await api.client.get("/courses/1")).json()["course_title"] == "Course 1"
    assert (await api.client.get("/courses/2")).status_code == 404


async def test_a_student_takes_a_place_and_taking_it_again_is_harmless(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_courses(sessions, 2)
    before = await api.client.get("/courses/1/registration", headers=callers.student)
    answers = [await api.client.post("/courses/1/register", headers=callers.student) for _ in range(2)]
    after = await api.client.get("/courses/1/registration", headers=callers.student)
    elsewhere = await api.client.get("/courses/2/registration", headers=callers.student)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == {"message": "You are registered."}
    assert [answer.json() for answer in (before, after, elsewhere)] == [
        {"enrolled": False},
        {"enrolled": True},
        {"enrolled": False},
    ]
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Registration)) == 1


async def test_there_is_no_place_in_a_course_that_is_not_there(api: Api, callers: Callers) -> None:
    assert (await api.client.post("/courses/9/register", headers=callers.student)).status_code == 404
    assert (await api.client.get("/courses/9/registration", headers=callers.student)).status_code == 404


async def test_a_student_who_is_gone_takes_no_place(api: Api, sessions: Sessions) -> None:
    await add_courses(sessions, 1)
    token = api.state.tokens.issue(12345, "gone", Role.STUDENT)
    answer = await api.client.post("/courses/1/register", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def make(api: Api, callers: Callers, **fields: object) -> httpx.Response:
    return await api.client.post("/courses", json=fields, headers=callers.admin)


async def change(api: Api, callers: Callers, **fields: object) -> httpx.Response:
    return await api.client.patch("/courses/1", json=fields, headers=callers.admin)


async def test_a_school_with_videos_of_its_own_makes_a_course_of_them(api: Api, callers: Callers) -> None:
    made = await make(api, callers, course_title=" Optics ", link="https://school.example/optics")
    assert (made.status_code, made.headers["location"]) == (201, "/courses/1")
    assert (await api.client.get("/courses/1")).json() == made.json()
    assert made.json()["course_title"] == "Optics"
    for title in ("Lenses", "Mirrors"):
        video = {"title": title, "video_link": f"https://school.example/{title}.mp4", "duration_seconds": 90}
        added = await api.client.post("/courses/1/videos", json=video, headers=callers.admin)
        assert added.status_code == 201
        assert added.json().items() >= {**video, "available": True}.items()
    videos = (await api.client.get("/videos/course/1")).json()
    assert [(video["title"], video["position"]) for video in videos] == [("Lenses", 0), ("Mirrors", 1)]


async def test_videos_that_are_added_at_once_have_a_place_each(api: Api, callers: Callers) -> None:
    await make(api, callers, course_title="Optics")
    video = {"title": "Lenses", "video_link": "https://school.example/lenses.mp4"}
    added = await asyncio.gather(
        *(api.client.post("/courses/1/videos", json=video, headers=callers.admin) for _ in range(8))
    )
    assert sorted(answer.json()["position"] for answer in added) == list(range(8))


async def test_there_is_no_video_for_a_course_that_is_not_there(api: Api, callers: Callers) -> None:
    video = {"title": "Lenses", "video_link": "https://school.example/lenses.mp4"}
    assert (await api.client.post("/courses/9/videos", json=video, headers=callers.admin)).status_code == 404


async def test_a_course_is_changed_where_something_is_given(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    async with sessions.begin() as session:
        session.add(Course(course_title="PL1", link="https://x.org", playlist_id="PL1"))
    assert (await change(api, callers, course_title="Optics")).json()["link"] == "https://x.org"
    assert (await change(api, callers, resync_hours=24)).json()["course_title"] == "Optics"
    assert (await change(api, callers)).status_code == 400, "nothing is to be changed"
    assert (await api.client.get("/courses/1")).json()["resync_hours"] == 24
    last = (await change(api, callers, resync_hours=None, link=None)).json()
    assert (last["resync_hours"], last["link"]) == (None, None)
    refused: list[dict[str, object]] = [{"course_title": None}, {"resync_hours": 0}, {"resync_hours": 1.5}]
    assert [(await change(api, callers, **fields)).status_code for fields in refused] == [422] * 3
    for fields in ({"course_title": " "}, {"link": "ftp://x.org"}):
        assert (await change(api, callers, **fields)).status_code == 400


async def test_only_what_came_from_a_playlist_can_be_imported_again(api: Api, callers: Callers) -> None:
    await make(api, callers, course_title="Optics")
    assert (await change(api, callers, resync_hours=24)).status_code == 409
    assert (await change(api, callers, resync_hours=None)).status_code == 200


async def test_an_archived_course_is_closed_to_newcomers_and_to_nobody_else(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_courses(sessions, 2)

    async def register() -> httpx.Response:
        return await api.client.post("/courses/1/register", headers=callers.student)

    async def archive() -> httpx.Response:
        return await api.client.post("/courses/1/archive", headers=callers.admin)

    archived = (await archive()).json()
    assert (await archive()).json() == archived
    assert archived["archived_at"]
    refused = await register()
    assert (refused.status_code, "archived" in refused.json()["detail"]) == (409, True)
    await api.client.post("/courses/1/restore", headers=callers.admin)
    assert (await register()).status_code == 200
    await archive()
    assert (await register()).status_code == 200, "taking the place again is harmless"
    assert (await api.client.get("/videos/course/1")).json() == []


async def test_archived_courses_are_listed_to_admins_who_ask(
    api: Api, sessions: Sessions, callers: Callers
) -> None:
    await add_courses(sessions, 3)
    await api.client.post("/courses/2/archive", headers=callers.admin)

    async def listed(query: str = "") -> list[int]:
        answer = await api.client.get(f"/courses{query}", headers=callers.admin)
        return [course["id"] for course in answer.json()]

    assert (await listed(), await listed("?archived=true")) == ([1, 3], [1, 2, 3])
    assert (await api.client.get("/courses?archived=true")).status_code == 401
    student = await api.client.get("/courses?archived=true", headers=callers.student)
    assert student.status_code == 403
    assert (await api.client.get("/courses/2")).json()["archived_at"]
