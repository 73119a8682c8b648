"""Students by days, and a course in one row a student. Reading only; a page at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import report_queries
from api.attendance.course_schemas import CourseDay
from api.attendance.courses import CourseReader
from api.attendance.listing import Listing
from api.attendance.report_queries import GridRow
from api.attendance.report_schemas import LETTERS, StudentDays, Summary, Totals
from api.attendance.service import PAGE_ROWS, Reader
from api.formats import duration
from core.attendance.rules import Status, seen
from core.attendance.school_days import load_school_days
from core.coverage import seen_of_course

MOST_CELLS = 3_000
"""Days of students read at a time where all are asked for: the first of them should not be waited for."""

_NOTHING = ("", timedelta())
_LETTERS = {
    (computed, correction, expected): LETTERS[seen(computed, correction, expected=expected)]
    for computed in (Status.PRESENT.value, Status.ABSENT.value)
    for correction in (None, *(status.value for status in Status))
    for expected in (True, False)
}

Cell = tuple[str, timedelta]
"""Letter and watch time."""


@dataclass(frozen=True, slots=True)
class MatrixReader:
    """Students by days: of the school, or of a course. Its totals are those of the lists."""

    reader: Reader
    days: Sequence[date]
    course_id: int | None = None

    async def rows(self, session: AsyncSession, after: int | None, limit: int) -> list[StudentDays]:
        """Return the next students, by id."""
        if not self.days:
            return []
        if self.course_id is None:
            user_ids = await report_queries.students_after(session, after or 0, self.days, limit)
            school_days = await load_school_days(
                session, self.reader.policy.zone, self.days[0], self.days[-1]
            )
            found = await report_queries.grid(session, user_ids, school_days, self.days)
            return [_student(row.user_id, row.username, list(_cells(row))) for row in found]
        return await self._of_course(session, self.course_id, after or 0, limit)

    async def _of_course(
        self, session: AsyncSession, course_id: int, after: int, limit: int
    ) -> list[StudentDays]:
        names = await report_queries.names_in_course(session, course_id, after, limit)
        course = CourseReader(self.reader, course_id, self.days)
        by_student: dict[int, dict[date, Cell]] = defaultdict(dict)
        for row in await course.rows_of(session, list(names)):
            by_student[row.user_id][row.date] = LETTERS[row.status], _exactly(row)
        return [
            _student(user_id, name, [by_student[user_id].get(day, _NOTHING) for day in self.days])
            for user_id, name in names.items()
        ]


def _exactly(row: CourseDay) -> timedelta:
    return timedelta(microseconds=round(row.total_seconds * 1_000_000))


def _cells(row: GridRow) -> Iterator[Cell]:
    """Return the days as the lists show them: what is in none of them is nothing."""
    for expected, computed, correction, watched in zip(*row[2:], strict=True):
        if computed is None and correction is None and not expected:
            yield _NOTHING
        else:
            letter = _LETTERS[computed or Status.ABSENT.value, correction, expected]
            yield letter, watched or timedelta()


def _student(user_id: int, username: str, cells: Sequence[Cell]) -> StudentDays:
    counted = Counter(letter for letter, _ in cells)
    present, absent = counted[LETTERS["present"]], counted[LETTERS["absent"]]
    total = sum((watched for _, watched in cells), timedelta())
    return StudentDays(
        user_id=user_id,
        username=username,
        present=present,
        absent=absent,
        excused=counted[LETTERS["excused"]],
        rate=round(present / (present + absent), 4) if present or absent else None,
        total_time=duration(total),
        total_seconds=total.total_seconds(),
        statuses=[letter for letter, _ in cells],
        seconds=[watched.total_seconds() for _, watched in cells],
    )


@dataclass(frozen=True, slots=True)
class SummaryReader:
    """A course in one row a student: some of its days, and all that was ever seen of it."""

    matrix: MatrixReader
    course_id: int

    async def rows(self, session: AsyncSession, after: int | None, limit: int) -> list[Summary]:
        """Return the next students, by id."""
        students = await self.matrix.rows(session, after, limit)
        lessons = await report_queries.lessons(session, self.course_id)
        seen = await seen_of_course(
            session, [each.user_id for each in students], [lesson.id for lesson in lessons]
        )
        length = sum(lesson.duration_seconds or 0 for lesson in lessons)
        return [_summary(each, seen.get(each.user_id, 0.0), length) for each in students]


def _summary(student: StudentDays, unique: float, length: int) -> Summary:
    totals = student.model_dump(exclude={"statuses", "seconds"})
    seen = min(1.0, round(unique / length, 4)) if length else None
    return Summary(**totals, unique_seconds=unique, course_seconds=length, seen=seen)


def matrix_listing(matrix: MatrixReader, *, in_seconds: bool) -> Listing[int, StudentDays]:
    """Return students by days as a list, whose files have a column for each day."""

    def cells(row: StudentDays) -> list[object]:
        totals = [getattr(row, name) for name in Totals.model_fields]
        return [*totals, *(row.seconds if in_seconds else row.statuses)]

    return Listing(
        StudentDays,
        matrix.rows,
        lambda row: row.user_id,
        columns=[*Totals.model_fields, *map(str, matrix.days)],
        cells=cells,
        at_a_time=max(1, min(PAGE_ROWS, MOST_CELLS // max(1, len(matrix.days)))),
    )
