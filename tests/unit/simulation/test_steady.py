"""Reports are held back while the instant of their receipt decides what they mean."""

from datetime import UTC, datetime, time, timedelta

import pytest

from simulation.reports import Report
from simulation.steady import MARGIN, is_date_steady, is_steady
from tests.unit.simulation.lessons import BERLIN

MIDNIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
"""In Berlin."""
LATER_THAN_ANY_REQUEST = MARGIN + timedelta(seconds=1)


def test_a_time_of_day_far_from_any_boundary_is_steady() -> None:
    assert is_steady([Report(video_id=1, start_time=time(10))], MIDNIGHT + timedelta(hours=11), BERLIN)


@pytest.mark.parametrize("end", [time(23, 59), time(0, 1)])
def test_a_time_near_midnight_means_the_same_on_both_sides_of_it(end: time) -> None:
    assert is_steady([Report(video_id=1, end_time=end)], MIDNIGHT, BERLIN)


def test_a_time_far_from_midnight_means_another_day_once_midnight_has_passed() -> None:
    reports = [Report(video_id=1, end_time=time(14))]
    assert not is_steady(reports, MIDNIGHT, BERLIN)
    assert is_steady(reports, MIDNIGHT - LATER_THAN_ANY_REQUEST, BERLIN)
    assert is_steady(reports, MIDNIGHT + LATER_THAN_ANY_REQUEST, BERLIN)


def test_a_time_changes_its_day_where_the_neighbour_comes_within_three_hours() -> None:
    reports = [Report(video_id=1, start_time=time(23, 55), end_time=time(0, 5))]
    assert not is_steady(reports, MIDNIGHT - timedelta(hours=2, minutes=55), BERLIN)


def test_an_instant_is_always_steady() -> None:
    assert is_steady([Report(video_id=1, kind="play", occurred_at=MIDNIGHT)], MIDNIGHT, BERLIN)


def test_the_date_is_steady_except_around_midnight() -> None:
    assert not is_date_steady(MIDNIGHT, BERLIN)
    assert is_date_steady(MIDNIGHT + LATER_THAN_ANY_REQUEST, BERLIN)
