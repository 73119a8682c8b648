"""What must be readable after what was accepted."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from core.policy import Policy
from simulation.comparison import Key
from simulation.expectation import Account, Student, dates, expected_own, expected_roster
from simulation.reports import Report
from tests.unit.simulation.lessons import BERLIN

POLICY = Policy(timezone=BERLIN.key)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 11, 23), date(2026, 11, 22)
ONE, TWO = UUID(int=1), UUID(int=2)


def account(signed_up_on: date = TODAY) -> Account:
    return Account(Student(5, "ada", signed_up_on), BERLIN)


def test_a_play_and_its_pause_become_a_row_and_a_day() -> None:
    ada = account()
    ada.accepted(Report(video_id=7, start_time=time(10), end_time=time(10, 10, 30)), ONE, NOON)
    assert expected_own(ada, POLICY) == {
        Key("ada", "video 7", "2026-11-23"): {
            "user_id": 5,
            "video_id": 7,
            "date": "2026-11-23",
            "start_time": "10:00:00",
            "first_start_time": "10:00:00",
            "end_time": "10:10:30",
            "watch_time": "00:10:30",
            "watch_time_seconds": 630.0,
        },
        Key("ada", "attendance", "2026-11-23"): {
            "user_id": 5,
            "username": "ada",
            "date": "2026-11-23",
            "status": "present",
            "total_time": "00:10:30",
            "total_seconds": 630.0,
            "overlap_seconds": 0.0,
        },
    }


def test_an_event_accepted_twice_under_its_id_counts_once_and_as_it_was_first() -> None:
    ada = account()
    ada.accepted(Report(video_id=7, end_time=time(10), claimed_seconds=60), ONE, NOON)
    ada.accepted(Report(video_id=7, end_time=time(11), claimed_seconds=90), ONE, NOON)
    assert expected_own(ada, POLICY)[Key("ada", "attendance", "2026-11-23")]["total_seconds"] == 60


def test_a_request_repeated_without_an_id_adds_nothing() -> None:
    ada = account()
    for event_id in (ONE, TWO):
        ada.accepted(Report(video_id=7, start_time=time(10), end_time=time(10, 1)), event_id, NOON)
    assert len(ada.events) == 4
    assert expected_own(ada, POLICY)[Key("ada", "attendance", "2026-11-23")]["total_seconds"] == 60


def test_watching_across_midnight_is_expected_on_both_dates() -> None:
    ada = account()
    ada.accepted(Report(video_id=7, start_time=time(23, 59), end_time=time(0, 2)), ONE, NOON)
    seconds = {
        key.date: row["total_seconds"]
        for key, row in expected_own(ada, POLICY).items()
        if key.of == "attendance"
    }
    assert seconds == {"2026-11-22": 60, "2026-11-23": 120}
    assert dates([ada], POLICY) == {YESTERDAY, TODAY}


def test_somebody_without_a_row_is_absent_from_the_day_of_signing_up_on() -> None:
    roster = expected_roster([account()], TODAY, POLICY)
    assert roster[Key("ada", "roster", "2026-11-23")]["status"] == "absent"
    assert expected_roster([account()], YESTERDAY, POLICY) == {}


def test_somebody_who_watched_before_signing_up_is_on_the_roster() -> None:
    ada = account()
    ada.accepted(Report(video_id=7, start_time=time(23, 59), end_time=time(0, 2)), ONE, NOON)
    assert (
        expected_roster([ada], YESTERDAY, POLICY)[Key("ada", "roster", "2026-11-22")]["status"] == "present"
    )
