"""Courses and places in them."""

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
