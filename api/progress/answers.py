"""From the worker's records and the stored rows to what is answered. Pure."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.formats import clock_time, duration
from api.progress.schemas import AppliedAnswer, WatchedRecord
from core.coverage import Seen
from core.tables import Progress
from events.schemas import ProgressRecord as AppliedRecord


def stored(row: Progress, seen: Seen, zone: ZoneInfo) -> WatchedRecord:
    """Return a row as it is answered, with what was seen of its video."""
    return WatchedRecord(
        **_fields(row, row.watch_time, zone),
        position_seconds=seen.position_seconds,
        unique_seconds=seen.unique_seconds,
    )


def applied(record: AppliedRecord, event_id: UUID, zone: ZoneInfo, *, duplicate: bool) -> AppliedAnswer:
    """Return the answer to the report `event_id`, whose last event the worker answered with `record`."""
    fields = _fields(record, timedelta(microseconds=record.watch_time_us), zone)
    return AppliedAnswer(event_id=event_id, duplicate=duplicate, **fields)


def _fields(row: Progress | AppliedRecord, watch_time: timedelta, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "user_id": row.user_id,
        "video_id": row.video_id,
        "date": row.date,
        "start_time": clock_time(row.start_time, zone),
        "first_start_time": clock_time(row.first_start_time, zone),
        "end_time": clock_time(row.end_time, zone),
        "watch_time": duration(watch_time),
        "watch_time_seconds": watch_time.total_seconds(),
    }
