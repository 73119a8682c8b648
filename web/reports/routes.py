"""`/reports`: how the students of courses do, for analysts; what is shown can be taken along."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends
from starlette.responses import Response, StreamingResponse

from api.attendance.course_cells import course_table
from api.attendance.course_schemas import CourseDay
from api.attendance.courses import USUAL_DAYS, CourseReader, days_asked
from api.attendance.csv import header, lines
from api.attendance.reading import ReaderPart
from api.courses import service as courses
from api.deps import PathId
from api.paging import DaysQuery
from core.attendance.rule_store import load_rules
from web.days.standing import standing
from web.doors import Admin
from web.pages import HEADERS, page, page_router
from web.reports import queries
from web.reports.heat import Heat
from web.reports.workbook import workbook_of

router = page_router("/reports")

MOST_CELLS = 200_000
"""More than that no browser shows at ease: the page says so, and files hold what it shows."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("")
async def home(visit: Admin) -> Response:
    async with visit.transaction() as session:
        found = await queries.courses(session)
    return page(visit, "reports/home.html", courses=found)


async def _course(course_id: PathId, reader: ReaderPart, days: DaysQuery) -> CourseReader:
    return CourseReader(reader, course_id, days_asked(days.first, days.last, reader.today))


OfCourse = Annotated[CourseReader, Depends(_course)]


@router.get("/courses/{course_id}")
async def course(visit: Admin, asked: OfCourse) -> Response:
    async with visit.transaction() as session:
        shown = await courses.one(session, asked.course_id)
        students = _most_students(asked)
        table = await course_table(session, asked, 0, students)
        rules = await load_rules(session, asked.reader.policy, asked.course_id)
    today = asked.reader.today
    first, last = (asked.days[0], asked.days[-1]) if asked.days else (today, today)
    heat = Heat.of(asked.days, table, today, asked.reader.policy.late_days)
    # A term of a large course takes half a second, in which others are served.
    return await asyncio.to_thread(
        page,
        visit,
        "reports/course.html",
        course=shown,
        heat=heat,
        first=first,
        last=last,
        ranges=_ranges(today),
        is_cut=len(table) == students,
        most_cells=MOST_CELLS,
        rules=rules.between(first, last),
    )


@router.get("/courses/{course_id}/attendance.csv")
async def as_csv(visit: Admin, asked: OfCourse) -> Response:
    async with visit.transaction() as session:
        await asked.require(session)
        rows = await asked.rows(session, None, MOST_CELLS)
    return StreamingResponse(
        _csv(rows, asked.reader.today), headers=_file(asked, "csv"), media_type="text/csv"
    )


@router.get("/courses/{course_id}/attendance.xlsx")
async def as_workbook(visit: Admin, asked: OfCourse) -> Response:
    async with visit.transaction() as session:
        await asked.require(session)
        table = await course_table(session, asked, 0, _most_students(asked))
    heat = Heat.of(asked.days, table, asked.reader.today, asked.reader.policy.late_days)
    return Response(await workbook_of(heat), headers=_file(asked, "xlsx"), media_type=XLSX)


def _most_students(asked: CourseReader) -> int:
    return max(1, MOST_CELLS // max(1, len(asked.days)))


async def _csv(rows: list[CourseDay], today: date) -> AsyncIterator[str]:
    yield header(CourseDay) + lines(row.model_copy(update={"status": standing(row, today)}) for row in rows)


def _file(asked: CourseReader, suffix: str) -> dict[str, str]:
    span = f"-{asked.days[0]}-to-{asked.days[-1]}" if asked.days else ""
    name = f"attendance-course-{asked.course_id}{span}.{suffix}"
    return {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}


def _ranges(today: date) -> list[tuple[str, date]]:
    """Return the beginnings of usual ranges that end today."""
    return [(f"{days} days", today - timedelta(days=days - 1)) for days in (7, USUAL_DAYS - 1, 90)]
