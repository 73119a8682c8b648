"""Between the oracle's plain facts and the product's events and rows."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from core.policy import Overlap, Policy
from events.meaning.fold import AttendanceRow, ProgressRow, Rows, fold
from events.schemas import Event, Heartbeat, Pause, Play
from tests import oracle

ProgressRows = dict[tuple[int, int, date], ProgressRow]
AttendanceRows = dict[tuple[int, date], AttendanceRow]


def policy_of(zone: ZoneInfo, overlap: Overlap) -> Policy:
    return Policy(timezone=zone.key, overlap=overlap)


def event_of(fact: oracle.Fact) -> Event:
    common = {
        "event_id": fact.event_id,
        "user_id": fact.user_id,
        "video_id": fact.video_id,
        "session_id": fact.session_id,
        "at": fact.at,
        "received_at": fact.at,
    }
    if fact.kind == "pause":
        return Pause(**common, claimed_seconds=fact.claimed)  # type: ignore[arg-type]
    return (Play if fact.kind == "play" else Heartbeat)(**common)  # type: ignore[arg-type]


def by_oracle(facts: list[oracle.Fact], policy: Policy) -> tuple[ProgressRows, AttendanceRows]:
    """Return what the independent reading says, in the product's types."""
    progress, attendance = oracle.rows(
        facts, policy.zone, policy.overlap.value, policy.attendance_min_seconds
    )
    return (
        {
            key: ProgressRow(row.start_time, row.first_start_time, row.end_time, row.watch_time)
            for key, row in progress.items()
        },
        {key: AttendanceRow(row.status, row.total_time, row.overlap) for key, row in attendance.items()},
    )


def by_fold(facts: list[oracle.Fact], policy: Policy) -> tuple[ProgressRows, AttendanceRows]:
    """Return what the product's fold says; of repeated ids the first counts."""
    distinct: dict[tuple[int, object], Event] = {}
    for fact in facts:
        distinct.setdefault((fact.user_id, fact.event_id), event_of(fact))
    users = {event.user_id for event in distinct.values()}
    return together(
        {
            user_id: fold([event for event in distinct.values() if event.user_id == user_id], policy)
            for user_id in users
        }
    )


def together(rows: dict[int, Rows]) -> tuple[ProgressRows, AttendanceRows]:
    """Return the rows of several users in one table each."""
    progress = {
        (user_id, video_id, day): row
        for user_id, found in rows.items()
        for (video_id, day), row in found.progress.items()
    }
    attendance = {
        (user_id, day): row for user_id, found in rows.items() for day, row in found.attendance.items()
    }
    return progress, attendance


def claimed_in_all(facts: Iterable[oracle.Fact]) -> timedelta:
    return timedelta(seconds=sum(fact.claimed or 0 for fact in facts))
