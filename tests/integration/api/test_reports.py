"""Reports say what the lists say, in whatever form, and in as many pages as it takes."""

import csv
import io
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, update

from api.attendance import downloads, reports
from api.attendance.app import SERVICE as ATTENDANCE
from api.attendance.negotiation import Form
from api.progress.app import SERVICE as PROGRESS
from core.database import Sessions
from core.policy import Policy
from core.roles import Role
from core.settings import Settings
from core.tables import Registration, User, Video
from events.schemas import Event, Heartbeat, Pause, Play
from tests.integration.api.conftest import Api, bearer, serving
from tests.people import add_students, add_videos
from workers.watch_time.prune import prune
from workers.watch_time.service import WatchTime

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
FIRST, TODAY = date(2026, 6, 10), date(2026, 6, 13)
RANGE = f"from={FIRST}&to={TODAY}"
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
EVIL = '=HYPERLINK("http://evil")'
TOTALS = ["user_id", "username", "present", "absent", "excused", "rate", "total_time", "total_seconds"]


def watching(user_id: int, day: date, seconds: float, video_id: int = 1, start: float = 0.0) -> list[Event]:
    at = datetime.combine(day, NOON.timetz())
    common: dict[str, Any] = {"user_id": user_id, "video_id": video_id, "received_at": at}
    end = at + timedelta(seconds=seconds)
    return [
        Play(event_id=uuid4(), at=at, position_seconds=start, **common),
        Pause(event_id=uuid4(), at=end, position_seconds=start + seconds, **common),
    ]


@pytest.fixture
async def api(settings: Settings, sessions: Sessions, redis: object) -> AsyncIterator[Api]:
    """Three students, one of an evil name, and user 4, an admin; two of them in a course, and what they watched."""
    async with sessions.begin() as session:
        await add_students(session, 4)
        since = NOON - timedelta(days=60)
        await session.execute(update(User).values(created_at=since))
        await session.execute(update(User).where(User.id == 4).values(role=Role.ADMIN.value))
        await session.execute(update(User).where(User.id == 2).values(username=EVIL))
        await add_videos(session, 2)
        await session.execute(update(Video).values(duration_seconds=400))
        places = [{"user_id": user_id, "course_id": 1, "created_at": since} for user_id in (1, 2)]
        await session.execute(insert(Registration), places)
    events = [
        *watching(1, DAYS[0], 600.25),
        *watching(1, DAYS[1], 10),
        *watching(1, DAYS[2], 90, video_id=2),
        *watching(2, DAYS[0], 45),
        *watching(3, DAYS[3], 31),
    ]
    await WatchTime(sessions, Policy(), clock=lambda: NOON).apply(events)
    async with serving(settings, ATTENDANCE, PROGRESS, clock=lambda: NOON + timedelta(days=1)) as running:
        correction = {"status": "excused", "reason": "Ill."}
        corrected = await running.client.put(
            f"/attendance/user/3/{DAYS[1]}", json=correction, headers=admin(running)
        )
        assert corrected.status_code == 200
        yield running


def admin(api: Api) -> dict[str, str]:
    return bearer(api.state.tokens.issue(4, "student4", Role.ADMIN))


async def get(api: Api, path: str, **headers: str) -> httpx.Response:
    answer = await api.client.get(path, headers=admin(api) | headers)
    assert answer.status_code == 200, answer.text
    return answer


async def listed_by(api: Api, path: str) -> dict[tuple[int, str], dict[str, Any]]:
    return {(row["user_id"], row["date"]): row for row in (await get(api, path)).json()}


def read_csv(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))


def read_xlsx(answer: httpx.Response) -> list[list[list[Any]]]:
    book = load_workbook(io.BytesIO(answer.content))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book]


@pytest.mark.parametrize("course", ["", "&course_id=1"])
async def test_the_matrix_says_what_the_lists_say(api: Api, course: str) -> None:
    matrix = (await get(api, f"/attendance/report?{RANGE}{course}")).json()
    assert matrix["days"] == [str(day) for day in DAYS]
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    if course:
        rows = await listed_by(api, f"/attendance/course/1?{RANGE}")
    else:
        for day in DAYS:
            rows |= await listed_by(api, f"/attendance/date/{day}")
    assert [row["user_id"] for row in matrix["students"]] == ([1, 2] if course else [1, 2, 3])
    for student in matrix["students"]:
        own = {day: rows.get((student["user_id"], day)) for day in matrix["days"]}
        assert student["statuses"] == [row["status"][0].upper() if row else "" for row in own.values()]
        assert student["seconds"] == [row["total_seconds"] if row else 0 for row in own.values()]
        assert student["total_seconds"] == sum(row["total_seconds"] for row in own.values() if row)
        for status in ("present", "absent", "excused"):
            assert student[status] == sum(row["status"] == status for row in own.values() if row)
        assert student["rate"] == round(student["present"] / (student["present"] + student["absent"]), 4)
    assert matrix["students"][0]["statuses"] == ["P", "A", "P", "A"]


async def test_files_hold_the_matrix_cell_by_cell(api: Api) -> None:
    students = (await get(api, f"/attendance/report?{RANGE}")).json()["students"]
    for cells, name in (("status", "statuses"), ("seconds", "seconds")):
        path = f"/attendance/report?{RANGE}&cells={cells}"
        header, *lines = read_csv(await get(api, f"{path}&format=csv"))
        assert header == [*TOTALS, *map(str, DAYS)]
        texts = [[student[each] for each in TOTALS] + student[name] for student in students]
        assert [line[2:] for line in lines] == [[str(value) for value in row[2:]] for row in texts]
        assert lines[1][1] == f"'{EVIL}"
        ((first, *rows),) = read_xlsx(await get(api, path, Accept=Form.XLSX.media_type))
        assert first == header
        assert rows == texts


async def test_no_cell_of_a_workbook_is_a_formula_or_a_link(api: Api) -> None:
    answer = await get(api, f"/attendance/date/{DAYS[0]}?format=xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="attendance.xlsx"'
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    (cell,) = (cell for cell in sheet["B"] if cell.value == EVIL)
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    assert sheet["C2"].value.date() == DAYS[0]


async def test_a_file_is_whole_and_a_page_leads_on(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_CELLS", len(DAYS))
    monkeypatch.setattr(downloads, "SHEET_ROWS", 3)
    assert len(read_csv(await get(api, f"/attendance/report?{RANGE}&format=csv"))) == 4
    sheets = read_xlsx(await get(api, f"/attendance/report?{RANGE}&format=xlsx"))
    assert [[row[0] for row in sheet] for sheet in sheets] == [["user_id", 1, 2], ["user_id", 3]]
    page = await get(api, f"/attendance/report?{RANGE}&limit=2")
    assert [row["user_id"] for row in page.json()["students"]] == [1, 2]
    after = page.links["next"]["url"]
    assert [row["user_id"] for row in (await get(api, after)).json()["students"]] == [3]
    part = await get(api, f"/attendance/report?{RANGE}&limit=1&format=csv")
    assert len(read_csv(part)) == 2
    assert "next" in part.links


async def test_nothing_is_left_of_a_workbook(api: Api) -> None:
    def left() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("edutrack-report-*"))

    before = left()
    await get(api, f"/attendance/report?{RANGE}&format=xlsx")
    assert left() <= before


async def test_days_not_begun_and_too_many_days(api: Api) -> None:
    ahead = (await get(api, "/attendance/report?from=2026-06-20&to=2026-06-21")).json()
    assert ahead == {"days": [], "students": []}
    for path in ("report", "course/1/summary"):
        answer = await api.client.get(f"/attendance/{path}?from=2020-01-01", headers=admin(api))
        assert answer.status_code == 400
    missing = await api.client.get("/attendance/report?course_id=9", headers=admin(api))
    assert missing.status_code == 404


async def test_a_course_in_one_row_a_student(api: Api, sessions: Sessions) -> None:
    removed = 0
    for _ in range(2):
        ada, evil = (await get(api, f"/attendance/course/1/summary?{RANGE}")).json()
        assert (ada["present"], ada["absent"], ada["rate"], ada["total_seconds"]) == (2, 2, 0.5, 700.25)
        assert (ada["unique_seconds"], ada["course_seconds"], ada["seen"]) == (490, 800, 0.6125)
        assert (evil["present"], evil["unique_seconds"]) == (1, 45)
        later = NOON.date() + timedelta(days=20)
        removed += sum([removal.events async for removal in prune(sessions, Policy(), later)])
    assert removed == 10, "what was seen stays when the log goes"
    ((_, row, _),) = read_xlsx(await get(api, f"/attendance/course/1/summary?{RANGE}&format=xlsx"))
    assert row[-3:] == [490, 800, 0.6125]


async def test_a_player_learns_where_to_go_on(api: Api, sessions: Sessions) -> None:
    at = NOON + timedelta(hours=1)
    beat = Heartbeat(event_id=uuid4(), user_id=1, video_id=1, at=at, received_at=at, position_seconds=33.5)
    await WatchTime(sessions, Policy()).apply([beat])
    ada = bearer(api.state.tokens.issue(1, "student1", Role.STUDENT))
    rows = (await api.client.get("/progress/video/1", headers=ada)).json()
    assert [(row["position_seconds"], row["unique_seconds"]) for row in rows] == [(33.5, 400.0)] * 3
