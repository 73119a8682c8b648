"""Reports on the wire are read by the API as the events the simulation says they mean."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from api.progress.intake import Receipt, read_events
from api.progress.schemas import ReportedEvent
from simulation.plan import write_script
from simulation.reports import Report, body, meaning
from tests.unit.simulation.lessons import BERLIN, COURSES, lesson

EVENT_ID = UUID("0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10")
SOME_DAY = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
"""Clocks are set back in Berlin during its first hour."""


def test_a_body_carries_only_what_is_said() -> None:
    assert body(Report(video_id=7, end_time=time(0, 1, 2), claimed_seconds=0)) == {
        "video_id": 7,
        "end_time": "00:01:02",
        "watchtime_seconds": 0,
    }


def test_an_instant_is_written_as_browsers_write_it() -> None:
    at = datetime(2026, 11, 23, 10, 0, 0, 120_000, tzinfo=UTC).astimezone(BERLIN)
    assert body(Report(video_id=7, kind="play", occurred_at=at))["occurred_at"] == "2026-11-23T10:00:00.120Z"


@pytest.mark.parametrize("hours", range(0, 48, 3))
def test_the_api_reads_the_events_that_a_report_means(hours: int) -> None:
    """Both readings of the specification agree on every report of a class, at any hour, across a DST change."""
    received_at = SOME_DAY + timedelta(hours=hours)
    receipt = Receipt(user_id=3, received_at=received_at, zone=BERLIN, late_days=3650)
    for number in range(1, 9):
        for tab in write_script(5, number, lesson(), COURSES).tabs:
            for report in (
                report for action in tab for report in action.reports if report.occurred_at is None
            ):
                told = meaning(report, user_id=3, event_id=EVENT_ID, received_at=received_at, zone=BERLIN)
                assert told == read_events(ReportedEvent.model_validate(body(report)), EVENT_ID, receipt)


def test_the_api_reads_the_instants_that_a_report_means() -> None:
    received_at = lesson().ends_at
    receipt = Receipt(user_id=3, received_at=received_at, zone=BERLIN, late_days=7)
    for tab in write_script(5, 2, lesson(), COURSES).tabs:
        for report in (report for action in tab for report in action.reports):
            told = meaning(report, user_id=3, event_id=EVENT_ID, received_at=received_at, zone=BERLIN)
            assert told == read_events(ReportedEvent.model_validate(body(report)), EVENT_ID, receipt)
