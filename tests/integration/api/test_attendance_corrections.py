"""Days that an admin corrects: with a reason, a trail nobody can change, and no lost word of another admin."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.database import Sessions
from core.settings import Settings
from tests.integration.api.analyst import MONDAY, School, school

ILL = {"status": "excused", "reason": " She was ill. "}
DAY = timedelta(days=1)


@pytest.fixture
async def opened(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[School]:
    async with school(settings, sessions) as opened:
        yield opened


def url(user_id: int) -> str:
    return f"/attendance/user/{user_id}/{MONDAY}"


async def test_a_correction_shows_in_every_list_of_the_day_beside_what_is_computed(opened: School) -> None:
    ada = await opened.add_student("ada")
    course_id, (video_id,) = await opened.add_course(600)
    await opened.register(ada, course_id)
    await opened.watch(ada, video_id, MONDAY, 10)
    corrected = await opened.client.put(url(ada), json=ILL)
    assert corrected.status_code == 200
    for path in (f"/attendance/date/{MONDAY}", f"/attendance/user/{ada}", f"/attendance/course/{course_id}"):
        (row,) = [row for row in await opened.get(f"{path}?to={MONDAY}") if row["date"] == str(MONDAY)]
        assert (row["status"], row["computed_status"], row["corrected"]) == ("excused", "absent", True)
        assert (row["reason"], row["total_seconds"]) == ("She was ill.", 10.0)
    csv = await opened.client.get(f"/attendance/date/{MONDAY}", headers={"Accept": "text/csv"})
    assert ",excused,00:00:10,10.0,0.0,true,absent,true,She was ill.,true,,30" in csv.text


async def test_new_events_show_beside_a_correction_and_never_undo_it(opened: School) -> None:
    ada = await opened.add_student("ada")
    _, (video_id,) = await opened.add_course(600)
    etag = (await opened.client.put(url(ada), json=ILL)).headers["etag"]
    await opened.watch(ada, video_id, MONDAY, 45)
    day = await opened.get(url(ada))
    assert (day["status"], day["computed_status"], day["total_seconds"]) == ("excused", "present", 45.0)
    withdrawn = await opened.client.delete(url(ada), headers={"If-Match": etag})
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "present")
    assert (await opened.client.delete(url(ada))).status_code == 404


async def test_the_trail_says_who_when_old_new_and_why(opened: School) -> None:
    ada = await opened.add_student("ada")
    await opened.client.put(url(ada), json=ILL)
    await opened.client.put(url(ada), json={"status": "present", "reason": "In class."})
    await opened.client.delete(f"{url(ada)}?reason=A%20mistake.")
    first, *others = await opened.get(f"{url(ada)}/history")
    said = ("action", "old_status", "old_reason", "new_status", "reason")
    assert [tuple(entry[name] for name in said) for entry in (first, *others)] == [
        ("correct", "absent", None, "excused", "She was ill."),
        ("correct", "excused", "She was ill.", "present", "In class."),
        ("withdraw", "present", "In class.", "absent", "A mistake."),
    ]
    assert (first["by"], first["by_username"]) == (1, "grace")
    assert first["at"]
    (second,) = await opened.get(f"{url(ada)}/history?limit=1&after=MQ")
    assert second["id"] == others[0]["id"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attendance_audit SET reason = ''",
        "DELETE FROM attendance_audit",
        "TRUNCATE attendance_audit CASCADE",
        "TRUNCATE users CASCADE",
    ],
)
async def test_nobody_changes_the_trail(opened: School, change: str) -> None:
    await opened.client.put(url(await opened.add_student("ada")), json=ILL)
    with pytest.raises(DBAPIError, match="only ever added to"):
        async with opened.sessions.begin() as session:
            await session.execute(text(change))


async def test_a_stale_write_is_refused(opened: School) -> None:
    ada = await opened.add_student("ada")
    nothing = (await opened.client.get(url(ada))).headers["etag"]

    async def put(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await opened.client.put(url(ada), json=ILL, headers=named)).status_code

    assert await put(if_match="*") == 412
    assert await put(if_none_match="*") == 200
    assert await put(if_none_match="*") == 412
    assert await put(if_match=nothing) == 412
    mine = (await opened.client.get(url(ada))).headers["etag"]
    assert await put(if_match=f'"other", {mine}') == 200
    assert await put(if_match=mine) == 412
    assert (await opened.client.delete(url(ada), headers={"If-Match": mine})).status_code == 412
    assert await put(if_match="*") == 200
    assert await put(if_match=f"W/{(await opened.client.get(url(ada))).headers['etag']}") == 412
    assert await put() == 200


async def test_what_makes_no_sense_is_refused(opened: School) -> None:
    ada = await opened.add_student("ada")
    for body in (
        {"status": "late", "reason": "x"},
        {"status": "present"},
        {"status": "present", "reason": 7},
    ):
        assert (await opened.client.put(url(ada), json=body)).status_code == 422
    for reason in (" ", "x" * 501):
        answer = await opened.client.put(url(ada), json={"status": "present", "reason": reason})
        assert (answer.status_code, answer.json()["detail"][:8]) == (400, "a reason")
    assert (await opened.client.put(url(999), json=ILL)).status_code == 404
    for day in ("1969-12-31", "2027-03-05"):
        assert (await opened.client.put(f"/attendance/user/{ada}/{day}", json=ILL)).status_code == 400
    tomorrow = await opened.client.put(f"/attendance/user/{ada}/{MONDAY + DAY}", json=ILL)
    assert tomorrow.json()["status"] == "excused", "who is known to be away is excused in advance"
    assert await opened.get(f"{url(ada)}/history") == []
