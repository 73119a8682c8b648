from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.formats import clock_time, duration


def test_an_instant_is_shown_in_the_school_s_zone() -> None:
    at = datetime(2026, 11, 23, 23, 30, 59, 999_999, tzinfo=UTC)
    assert clock_time(at, ZoneInfo("Asia/Kolkata")) == "05:00:59"


def test_no_instant_is_null() -> None:
    assert clock_time(None, ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "00:00:00"),
        (timedelta(minutes=10, seconds=30, microseconds=999_999), "00:10:30"),
        (timedelta(hours=25, seconds=1), "25:00:01"),
        (timedelta(hours=100), "100:00:00"),
    ],
)
def test_a_duration_is_truncated_and_may_exceed_a_day(length: timedelta, text: str) -> None:
    assert duration(length) == text
