from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from api.progress.answers import applied, stored
from core.coverage import Seen
from core.tables import Progress
from events.schemas import ProgressRecord

KOLKATA = ZoneInfo("Asia/Kolkata")
EVENT_ID = UUID("0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10")
PLAYED_AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
PAUSED_AT = PLAYED_AT + timedelta(minutes=10, seconds=30.5)

EXPECTED = {
    "id": 1,
    "user_id": 2,
    "video_id": 3,
    "date": "2026-11-23",
    "start_time": "10:00:00",
    "first_start_time": "10:00:00",
    "end_time": "10:10:30",
    "watch_time": "00:10:30",
    "watch_time_seconds": 630.5,
}


def test_a_stored_row_is_answered_in_the_school_s_zone() -> None:
    row = Progress(
        id=1,
        user_id=2,
        video_id=3,
        date=date(2026, 11, 23),
        start_time=PLAYED_AT,
        first_start_time=PLAYED_AT,
        end_time=PAUSED_AT,
        watch_time=PAUSED_AT - PLAYED_AT,
    )
    seen = {"position_seconds": 630.0, "unique_seconds": 610.5}
    assert stored(row, Seen(610.5, 630.0), KOLKATA).model_dump(mode="json") == EXPECTED | seen


def test_an_applied_record_is_answered_like_the_row_it_became() -> None:
    record = ProgressRecord(
        id=1,
        user_id=2,
        video_id=3,
        date=date(2026, 11, 23),
        start_time=PLAYED_AT,
        first_start_time=PLAYED_AT,
        end_time=PAUSED_AT,
        watch_time_us=630_500_000,
    )
    assert applied(record, EVENT_ID, KOLKATA, duplicate=True).model_dump(mode="json") == EXPECTED | {
        "event_id": str(EVENT_ID),
        "status": "applied",
        "duplicate": True,
    }


def test_a_play_alone_has_no_end_time() -> None:
    record = ProgressRecord(
        id=1,
        user_id=2,
        video_id=3,
        date=date(2026, 11, 23),
        start_time=PLAYED_AT,
        first_start_time=PLAYED_AT,
        end_time=None,
        watch_time_us=0,
    )
    answer = applied(record, EVENT_ID, KOLKATA, duplicate=False)
    assert (answer.end_time, answer.watch_time, answer.watch_time_seconds) == (None, "00:00:00", 0.0)
