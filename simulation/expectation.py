"""From what was sent and accepted to the rows that must be readable. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from core.policy import Policy
from events.meaning.fold import AttendanceRow, ProgressRow, Rows, fold
from events.schemas import Event
from simulation.comparison import Key, Row
from simulation.reports import Report, meaning

ATTENDANCE = "attendance"
ROSTER = "roster"

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody who signed up on a local date."""

    user_id: int
    username: str
    signed_up_on: date


@dataclass(slots=True)
class Account:
    """What a student was told to have been accepted. Of an id told twice the first one counts."""

    student: Student
    zone: ZoneInfo
    _events: dict[UUID, Event] = field(default_factory=dict)

    def accepted(self, report: Report, event_id: UUID, received_at: datetime) -> None:
        """Note an event that was answered with 2xx; its id is the one in the answer."""
        for event in meaning(
            report,
            user_id=self.student.user_id,
            event_id=event_id,
            received_at=received_at,
            zone=self.zone,
        ):
            self._events.setdefault(event.event_id, event)

    @property
    def events(self) -> Sequence[Event]:
        return list(self._events.values())


def video(video_id: int) -> str:
    """Return how a video is named in a key."""
    return f"video {video_id}"


def expected_own(account: Account, policy: Policy) -> dict[Key, Row]:
    """Return the rows a student must find: `/progress/video/{id}` and `/attendance/me`."""
    student, rows = account.student, fold(account.events, policy)
    progress = {
        Key(student.username, video(video_id), day.isoformat()): _progress(
            student, video_id, day, row, policy
        )
        for (video_id, day), row in rows.progress.items()
    }
    attendance = {
        Key(student.username, ATTENDANCE, day.isoformat()): _attendance(student, day, row)
        for day, row in rows.attendance.items()
    }
    return progress | attendance


def expected_roster(accounts: Iterable[Account], day: date, policy: Policy) -> dict[Key, Row]:
    """Return what `/attendance/date/{date}` must say of these students.

    Somebody without a row is absent from the date of sign-up on.
    """
    roster: dict[Key, Row] = {}
    for account in accounts:
        row = _row_of(fold(account.events, policy), day, account.student)
        if row is not None:
            roster[Key(account.student.username, ROSTER, day.isoformat())] = _attendance(
                account.student, day, row
            )
    return roster


def dates(accounts: Iterable[Account], policy: Policy) -> set[date]:
    """Return every date on which anything must be found."""
    return {day for account in accounts for day in fold(account.events, policy).attendance}


def _row_of(rows: Rows, day: date, student: Student) -> AttendanceRow | None:
    absent = AttendanceRow("absent", timedelta(), timedelta()) if student.signed_up_on <= day else None
    return rows.attendance.get(day, absent)


def _progress(student: Student, video_id: int, day: date, row: ProgressRow, policy: Policy) -> Row:
    return {
        "user_id": student.user_id,
        "video_id": video_id,
        "date": day.isoformat(),
        "start_time": _clock(row.start_time, policy.zone),
        "first_start_time": _clock(row.first_start_time, policy.zone),
        "end_time": _clock(row.end_time, policy.zone),
        "watch_time": _length(row.watch_time),
        "watch_time_seconds": row.watch_time.total_seconds(),
    }


def _attendance(student: Student, day: date, row: AttendanceRow) -> Row:
    return {
        "user_id": student.user_id,
        "username": student.username,
        "date": day.isoformat(),
        "status": row.status,
        "total_time": _length(row.total_time),
        "total_seconds": row.total_time.total_seconds(),
        "overlap_seconds": row.overlap_time.total_seconds(),
    }


def _clock(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).strftime("%H:%M:%S")


def _length(length: timedelta) -> str:
    whole = length // _SECOND
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
