"""A course's students by days, as a table of cells. Pure, and quick: a term of a large course has 100,000."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from markupsafe import Markup, escape

from api.attendance.course_schemas import CourseDay

LEVELS = 5
MINUTE = 60
MARKS = {"absent": "\N{EN DASH}", "excused": "e", "present": "\N{CHECK MARK}"}
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
    days: list[CourseDay] = field(default_factory=list)
    expected: int = 0
    present: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Heat:
    """The whole table. `steps` are the watch times in seconds at which a cell turns darker."""

    days: Sequence[DayTotals]
    students: Sequence[StudentRow]
    steps: Sequence[int]

    @classmethod
    def of(cls, days: Sequence[date], rows: Iterable[CourseDay], late_from: date) -> "Heat":
        """Arrange rows that come by student; days from `late_from` on are provisional."""
        totals = {day: DayTotals(day, day >= late_from) for day in days}
        students: list[StudentRow] = []
        for row in rows:
            if not students or students[-1].user_id != row.user_id:
                students.append(StudentRow(row.user_id, row.username))
            students[-1].days.append(row)
            for total in (students[-1], totals[row.date]):
                counts = row.expected or row.corrected
                total.expected += counts and row.status != "excused"
                total.present += counts and row.status == "present"
                total.seconds += row.total_seconds
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
        """Return a student's cells. Whatever is put together here is made of what this module says itself."""
        by_date = {row.date: row for row in student.days}
        return Markup("").join(
            self._empty(day) if (row := by_date.get(day.date)) is None else self.cell(row)
            for day in self.days
        )

    def cell(self, row: CourseDay) -> Markup:
        """Return one cell."""
        return Markup(f'<td class="{self.classes(row)}">{text_of(row)}')  # noqa: S704 - as above

    def classes(self, row: CourseDay) -> str:
        """Return how a cell looks."""
        level = sum(row.total_seconds >= step for step in self.steps)
        return f"h{level} {row.status[0]}{' v' if row.provisional else ''}"

    @staticmethod
    def _empty(day: DayTotals) -> Markup:
        return _EMPTY_PROVISIONAL if day.provisional else _EMPTY


_EMPTY, _EMPTY_PROVISIONAL = Markup("<td>"), Markup('<td class="v">')


def text_of(row: CourseDay) -> str:
    """Return what a cell says: whole minutes, or a mark; a correction shows."""
    minutes = int(row.total_seconds // MINUTE)
    said = str(minutes) if minutes else "<1" if row.total_seconds else MARKS[row.status]
    if row.corrected:
        said = f"{MARKS[row.status]}*"
    return str(escape(said))


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
