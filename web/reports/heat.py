"""A course's students by days, as a table of cells. Pure, and quick: a term of a large course has 100,000."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from markupsafe import Markup

from api.attendance.course_cells import CourseCell, CourseStudent
from core.attendance.rules import Status

LEVELS = 5
MINUTE = 60
MARKS = {Status.ABSENT: "\N{EN DASH}", Status.EXCUSED: "e", Status.PRESENT: "\N{CHECK MARK}"}
"""What a cell says where nothing was watched."""


@dataclass(slots=True)
class DayTotals:
    """What a day comes to over all students."""

    date: date
    provisional: bool
    expected: int = 0
    present: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """Those who were present among those who were expected; None where nobody was."""
        return self.present / self.expected if self.expected else None


@dataclass(slots=True)
class StudentRow:
    """One student's days, and what they come to."""

    user_id: int
    username: str
    days: Sequence[CourseCell]
    expected: int = 0
    present: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Heat:
    """The whole table. `steps` are the watch times in seconds at which a cell turns darker."""

    days: Sequence[DayTotals]
    students: Sequence[StudentRow]
    steps: Sequence[int]
    _known: dict[tuple[object, ...], str] = field(default_factory=dict)
    """Cells as they are written; most are like another one."""

    @classmethod
    def of(cls, days: Sequence[date], table: Iterable[CourseStudent], late_from: date) -> "Heat":
        """Add up a table; days from `late_from` on are provisional."""
        totals = {day: DayTotals(day, day >= late_from) for day in days}
        students = [StudentRow(one.user_id, one.username, one.cells) for one in table]
        for student in students:
            for cell in student.days:
                counts = (cell.expected or cell.corrected) and cell.status is not Status.EXCUSED
                is_present = counts and cell.status is Status.PRESENT
                for total in (student, totals[cell.date]):
                    total.expected += counts
                    total.present += is_present
                    total.seconds += cell.total_seconds
        return cls(list(totals.values()), students, _steps(students))

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
        key = (minutes, level, cell.status, cell.corrected, cell.provisional)
        known = self._known.get(key)
        if known is None:
            classes = f"h{level} {cell.status[0]}{' v' if cell.provisional else ''}"
            known = self._known[key] = f'<td class="{classes}">{text_of(cell)}'
        return known


_EMPTY = {False: "<td>", True: '<td class="v">'}


def text_of(cell: CourseCell) -> str:
    """Return what a cell says: whole minutes, or a mark; a correction shows."""
    if cell.corrected:
        return f"{MARKS[cell.status]}*"
    minutes = int(cell.total_seconds // MINUTE)
    return str(minutes) if minutes else "&lt;1" if cell.total_seconds else MARKS[cell.status]


def _steps(students: Sequence[StudentRow]) -> list[int]:
    """Return fifths of what all but the longest twentieth of days have, in whole minutes."""
    watched = sorted(row.total_seconds for student in students for row in student.days if row.total_seconds)
    if not watched:
        return [1]
    most = watched[int(len(watched) * 0.95)]
    each = max(1, round(most / LEVELS / MINUTE)) * MINUTE
    return [1, *(each * number for number in range(1, LEVELS))]


def late_from(today: date, late_days: int) -> date:
    """Return the first day of which events may still be accepted."""
    return today - timedelta(days=late_days)
