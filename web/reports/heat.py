"""A course's students by days, as a table of cells. Pure, and quick: a term of a large course has 100,000."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from markupsafe import Markup

from api.attendance.course_cells import CourseCell, CourseStudent
from core.attendance.rules import Status
from web.days.standing import NOT_YET, standing

LEVELS = 5
MINUTE = 60
MARKS = {
    Status.ABSENT: "\N{EN DASH}",
    Status.EXCUSED: "e",
    Status.PRESENT: "\N{CHECK MARK}",
    NOT_YET: "\N{HORIZONTAL ELLIPSIS}",
}
"""What a cell shows where nothing was watched."""


@dataclass(slots=True)
class DayTotals:
    """What a day comes to over all students. Who is not there yet is not among those who were expected."""

    date: date
    provisional: bool
    expected: int = 0
    present: int = 0
    not_yet: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """Those who were present among those who were expected; None where nobody was, or more may come."""
        return self.present / self.expected if self.expected and not self.not_yet else None


@dataclass(slots=True)
class StudentRow:
    """One student's days, and what they come to."""

    user_id: int
    username: str
    days: Sequence[CourseCell]
    expected: int = 0
    present: int = 0
    not_yet: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Heat:
    """The whole table. `steps` are the watch times in seconds at which a cell turns darker."""

    days: Sequence[DayTotals]
    students: Sequence[StudentRow]
    steps: Sequence[int]
    today: date
    _known: dict[tuple[object, ...], str] = field(default_factory=dict)
    """Cells as they are written; most are like another one."""

    @classmethod
    def of(cls, days: Sequence[date], table: Iterable[CourseStudent], today: date, late_days: int) -> "Heat":
        """Add up a table as of today; so many days before it may events still be accepted of."""
        late_from = today - timedelta(days=late_days)
        totals = {day: DayTotals(day, day >= late_from) for day in days}
        students = [StudentRow(one.user_id, one.username, one.cells) for one in table]
        for student in students:
            for cell in student.days:
                day, status, seconds, expected, corrected, _ = cell
                is_awaited = day == today and standing(cell, today) == NOT_YET
                total = totals[day]
                if is_awaited:
                    student.not_yet += 1
                    total.not_yet += 1
                elif (expected or corrected) and status is not Status.EXCUSED:
                    student.expected += 1
                    total.expected += 1
                    if status is Status.PRESENT:
                        student.present += 1
                        total.present += 1
                student.seconds += seconds
                total.seconds += seconds
        return cls(list(totals.values()), students, _steps(students), today)

    @property
    def expected(self) -> int:
        return sum(day.expected for day in self.days)

    @property
    def present(self) -> int:
        return sum(day.present for day in self.days)

    @property
    def seconds(self) -> float:
        return sum(day.seconds for day in self.days)

    def cells(self, student: StudentRow) -> Markup:
        """Return a student's cells, of what this module says itself and of numbers."""
        written = {cell.date: self._cell(cell) for cell in student.days}
        return Markup("".join(written.get(day.date) or _EMPTY[day.provisional] for day in self.days))  # noqa: S704

    def _cell(self, cell: CourseCell) -> str:
        minutes = int(cell.total_seconds // MINUTE)
        level = bisect_right(self.steps, cell.total_seconds)
        status = standing(cell, self.today) if cell.date == self.today else cell.status
        key = (minutes, level, status, cell.corrected, cell.provisional)
        known = self._known.get(key)
        if known is None:
            classes = f"h{level} {status[0]}{' v' if cell.provisional else ''}"
            known = self._known[key] = f'<td class="{classes}"{_name(cell, status)}>{_text(cell, status)}'
        return known


_EMPTY = {False: "<td>", True: '<td class="v">'}


def _text(cell: CourseCell, status: str) -> str:
    """Return what a cell shows: whole minutes, or a mark; a correction shows."""
    if cell.corrected:
        return f"{MARKS[status]}*"
    minutes = int(cell.total_seconds // MINUTE)
    return str(minutes) if minutes else "&lt;1" if cell.total_seconds else MARKS[status]


def _name(cell: CourseCell, status: str) -> str:
    """Return what a cell is called where it is more than minutes of somebody who was present."""
    if status == Status.PRESENT and not cell.corrected:
        return ""
    minutes = int(cell.total_seconds // MINUTE)
    watched = f"{minutes or 'less than 1'} min, " if cell.total_seconds else ""
    return f' aria-label="{watched}{status}{", corrected" if cell.corrected else ""}"'


def _steps(students: Sequence[StudentRow]) -> list[int]:
    """Return fifths of what all but the longest twentieth of days have, in whole minutes."""
    watched = sorted(row.total_seconds for student in students for row in student.days if row.total_seconds)
    if not watched:
        return [1]
    most = watched[int(len(watched) * 0.95)]
    each = max(1, round(most / LEVELS / MINUTE)) * MINUTE
    return [1, *(each * number for number in range(1, LEVELS))]
