"""What analysts see, take along and correct."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, insert, update

from api.attendance.course_cells import CourseCell, course_table
from api.attendance.courses import CourseReader, days_asked
from api.attendance.service import Reader
from core.calendar import local_date
from core.database import Sessions
from core.policy import Policy
from core.tables import Attendance, AttendanceRule, Course, Progress, Registration, User, Video
from tests.integration.web.conftest import Browser
from web.reports import routes

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture
async def watched(sessions: Sessions, people: dict[str, int]) -> date:
    """A course in which ada watched 20 minutes today, and 10 seconds twelve days ago; return today."""
    today = local_date(datetime.now(UTC), Policy().zone)
    async with sessions.begin() as session:
        await session.execute(update(User).values(created_at=LONG_AGO))
        session.add(Course(course_title="Optics", created_at=LONG_AGO))
        await session.flush()
        session.add(Video(course_id=1, title="Lenses", video_link="https://example.org/lenses", position=0))
        session.add(Registration(course_id=1, user_id=people["ada"], created_at=LONG_AGO))
        await session.flush()
        for day, seconds in ((today, 1200), (today - timedelta(days=12), 10)):
            row = {"user_id": people["ada"], "date": day}
            length = timedelta(seconds=seconds)
            await session.execute(insert(Progress).values(**row, video_id=1, watch_time=length))
            status = "present" if seconds > 30 else "absent"
            await session.execute(
                insert(Attendance).values(**row, status=status, total_time=length, overlap_time=timedelta())
            )
    return today


class Table(HTMLParser):
    """Reads the heat map: heads with their dates, and cells with their classes, by student."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.dates: list[str] = []
        self.heads: list[str] = []
        self.cells: dict[str, list[tuple[str, str]]] = {}
        self._user = ""
        self._in_cell = False
        begin = html.index('<table class="heat">')
        self.feed(html[begin : html.index("</table>", begin)])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_cell = tag == "td"
        if tag == "th":
            self.heads.append(given["scope"])
            self.dates += [given["data-date"]] if "data-date" in given else []
        elif tag == "tr":
            self._user = given.get("data-user", "")
        elif tag == "td":
            self.cells.setdefault(self._user, []).append((given.get("class", ""), ""))

    def handle_data(self, data: str) -> None:
        if self._in_cell and data.strip():
            cells = self.cells[self._user]
            cells[-1] = (cells[-1][0], data.strip())


async def test_the_heat_map_is_a_table_with_a_cell_for_each_day(
    grace: Browser, watched: date, people: dict[str, int]
) -> None:
    first = watched - timedelta(days=13)
    await grace.open(f"/reports/courses/1?from={first}")
    table = Table(grace.shown)
    assert table.dates == [str(first + timedelta(days=number)) for number in range(14)]
    assert set(table.heads) == {"col", "row"}
    present, total, *cells = table.cells[str(people["ada"])]
    assert (present[1], total[1]) == ("1/14", "20 min 10 s")
    assert len(cells) == 14
    assert cells[-1] == ("h5 p v", "20")
    assert cells[1] == ("h1 a", "<1")
    assert cells[2] == ("h0 a", "\N{EN DASH}")
    assert "A day counts as present from 30 s watched." in grace.shown


async def test_days_that_may_change_look_provisional(grace: Browser, watched: date) -> None:
    await grace.open(f"/reports/courses/1?from={watched - timedelta(days=13)}")
    cells = next(iter(Table(grace.shown).cells.values()))[2:]
    assert [" v" in classes for classes, _ in cells] == [False] * 6 + [True] * 8


async def test_files_hold_what_the_page_shows(grace: Browser, watched: date, people: dict[str, int]) -> None:
    query = f"?from={watched - timedelta(days=13)}&to={watched}"
    answer = await grace.open(f"/reports/courses/1/attendance.csv{query}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 14
    assert (rows[-1]["date"], rows[-1]["status"], rows[-1]["total_time"]) == (
        str(watched),
        "present",
        "00:20:00",
    )
    answer = await grace.client.get(f"/reports/courses/1/attendance.xlsx{query}")
    assert str(watched) in answer.headers["content-disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    heads = [cell.value for cell in book["Watch time"][1]]
    assert heads[-1] == datetime.combine(watched, datetime.min.time())
    assert [cell.value for cell in book["Status"][2]][-1] == "present"
    assert book["Watch time"].cell(2, len(heads)).value == timedelta(minutes=20)
    assert people["ada"] == int(rows[0]["user_id"])


async def test_the_quick_table_says_what_the_list_says(
    grace: Browser, sessions: Sessions, watched: date, people: dict[str, int]
) -> None:
    """A correction, a share of what is assigned, and a day before the place included."""
    address = f"/reports/students/{people['ada']}/{watched - timedelta(days=2)}"
    await grace.open(address)
    await grace.send(address, version="0", status="excused", reason="She was ill.")
    async with sessions.begin() as session:
        rule = {"course_id": 1, "effective_from": watched - timedelta(days=5), "minimum_seconds": 60}
        await session.execute(insert(AttendanceRule).values(**rule, minimum_share=Decimal("0.5")))
        await session.execute(update(Video).values(duration_seconds=3600, assigned_on=watched))
        await session.execute(update(Registration).values(created_at=datetime.now(UTC) - timedelta(days=10)))
    course = CourseReader(Reader(Policy(), watched), 1, days_asked(None, None, watched))
    async with sessions.begin() as session:
        listed = await course.rows(session, None, 100)
        table = await course_table(session, course, 0, 10)
    assert [len(student.cells) for student in table] == [len(listed)]
    for row, cell in zip(listed, table[0].cells, strict=True):
        assert cell._asdict() == {name: getattr(row, name) for name in CourseCell._fields}
    assert {row.status for row in listed} == {"absent", "excused"}, "20 minutes are less than half an hour"


async def test_a_correction_counts_and_is_remembered(
    grace: Browser, ada: Browser, watched: date, people: dict[str, int]
) -> None:
    day = watched - timedelta(days=3)
    address = f"/reports/students/{people['ada']}/{day}"
    await grace.open(address)
    answer = await grace.send(address, version="0", status="excused", reason="She was ill.")
    assert answer.headers["location"] == f"{address}?done=correct"
    await grace.open(answer.headers["location"])
    assert "She was ill." in grace.shown
    assert "absent → excused" in grace.shown
    await ada.open(f"/my-attendance/{day}")
    assert "She was ill." in ada.shown


async def test_a_correction_of_what_somebody_else_corrected_meanwhile_keeps_what_was_typed(
    grace: Browser, watched: date, people: dict[str, int]
) -> None:
    address = f"/reports/students/{people['ada']}/{watched}"
    await grace.open(address)
    before = grace.shown
    await grace.send(address, version="0", status="excused", reason="She was ill.")
    grace.shown = before
    answer = await grace.send(address, version="0", status="absent", reason="She was not here.")
    assert answer.status_code == 412
    assert 'value="She was not here."' in answer.text
    assert "changed since you read it" in answer.text


async def test_a_correction_without_reason_says_so(
    grace: Browser, watched: date, people: dict[str, int]
) -> None:
    address = f"/reports/students/{people['ada']}/{watched}"
    await grace.open(address)
    answer = await grace.send(address, version="0", status="absent")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_a_month_shows_every_day_that_has_begun(ada: Browser, watched: date) -> None:
    await ada.open("/my-attendance")
    begun = [f"/my-attendance/{watched.replace(day=number)}" for number in range(1, watched.day + 1)]
    assert all(f'href="{address}"' in ada.shown for address in begun)
    assert "20 min 00 s" in ada.shown
    assert (await ada.open("/my-attendance?month=2026-13")).status_code == 400


async def test_nobody_is_absent_from_a_day_that_is_not_over(
    ada: Browser, grace: Browser, sessions: Sessions, watched: date, people: dict[str, int]
) -> None:
    async with sessions.begin() as session:
        for table in (Progress, Attendance):
            await session.execute(delete(table).where(table.date == watched))
    today = f"/reports/students/{people['ada']}/{watched}"
    await ada.open("/my-attendance")
    assert f"{watched:%B %Y}: not yet, provisional, 0 s watched of 30 s asked for" in ada.shown
    assert f"of {watched.day - 1} expected days" in ada.shown
    await ada.open(f"/my-attendance/{watched}")
    assert "Nothing was watched so far; the day asks for 30 s, and is not over." in ada.shown
    await grace.open(f"/reports/courses/1?from={watched - timedelta(days=13)}")
    present, _, *cells = Table(grace.shown).cells[str(people["ada"])]
    assert (present[1], cells[-1]) == ("0/13", ("h0 n v", "\N{HORIZONTAL ELLIPSIS}"))
    assert 'aria-label="not yet"' in grace.shown
    assert '<td class="number">not over</td>' in grace.shown
    files = [
        await grace.client.get(f"/reports/courses/1/attendance.{suffix}?from={watched}")
        for suffix in ("csv", "xlsx")
    ]
    assert next(csv.DictReader(io.StringIO(files[0].text)))["status"] == "not yet"
    assert load_workbook(io.BytesIO(files[1].content))["Status"].cell(2, 4).value == "not yet"
    assert "not yet" in (await grace.open(today)).text
    await grace.send(today, version="0", status="absent", reason="She has left.")
    await grace.open(f"/reports/courses/1?from={watched}")
    assert 'aria-label="absent, corrected"' in grace.shown


async def test_each_rule_that_judged_is_shown_beside_what_it_judged(
    ada: Browser, grace: Browser, sessions: Sessions, watched: date, people: dict[str, int]
) -> None:
    """The course asks for half an hour since two days ago; the school for no more than it did."""
    since = watched - timedelta(days=2)
    async with sessions.begin() as session:
        rule = {"course_id": 1, "effective_from": since, "minimum_seconds": 1800}
        await session.execute(insert(AttendanceRule).values(**rule))
    await grace.open(f"/reports/courses/1?from={watched - timedelta(days=13)}")
    assert "present from 30 s watched. From " in grace.shown
    assert "on: A day counts as present from 30 min 00 s watched." in grace.shown
    shown = (await ada.open(f"/my-attendance?month={watched:%Y-%m}")).text
    assert "A day counts as present from 30 s watched." in shown
    assert "In Optics you are judged by that course's own rule, from " in shown
    assert " on: present from 30 min 00 s watched.</p>" in shown
    in_drawer = f"/reports/students/{people['ada']}/{watched}?course=1"
    for browser, address in ((ada, f"/my-attendance/{watched}"), (grace, in_drawer)):
        assert "<h2>In single courses</h2>" in (await browser.open(address)).text
        assert 'data-label="Asked for">30 min 00 s<' in browser.shown
    assert 'data-status="not yet" data-minutes="20"' in grace.shown
    before = f"/my-attendance/{watched - timedelta(days=4)}"
    assert "In single courses" not in (await ada.open(before)).text


async def test_an_empty_course_says_what_to_do(grace: Browser, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Course(course_title="Logic"))
    await grace.open("/reports/courses/1")
    assert "Nobody to show" in grace.shown
    assert 'href="/manage/rosters"' in grace.shown
    assert (await grace.open("/reports/courses/99")).status_code == 404
    assert (await grace.open("/reports/courses/1?from=2026-13-01")).status_code == 400


async def test_a_range_that_is_refused_can_be_changed(grace: Browser, watched: date) -> None:
    answer = await grace.open("/reports/courses/1?from=2026-11-20&to=2026-11-01")
    assert answer.status_code == 400
    assert 'action="/reports/courses/1"' in answer.text
    assert 'name="from" type="date" value="2026-11-20"' in answer.text
    assert 'name="to" type="date" value="2026-11-01"' in answer.text
    other = await grace.open("/reports/students/none?from=%22%3E%3Cscript%3E")
    assert "<script>" not in other.text


async def test_a_map_that_is_cut_says_so_before_its_totals(
    grace: Browser, watched: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "MOST_CELLS", 1)
    page = (await grace.open("/reports/courses/1")).text
    notice, _, totals = page.partition("<dt>Students</dt>")
    assert totals
    assert "Only the first 1 students are shown: a page holds 1 cells at most." in notice
    assert "edutrack export attendance" in notice
