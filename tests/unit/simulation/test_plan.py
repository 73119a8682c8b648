"""Scripts: reproducible, inside the lesson, and with everything in them that students do."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from core.calendar import local_date, refusal
from simulation.plan import write_script
from simulation.reports import meaning
from simulation.scripts import Action, Delivery, Script
from tests.unit.simulation.lessons import BERLIN, COURSES, lesson


def a_class(students: int = 200, seed: int = 1, **options: int) -> list[Script]:
    return [write_script(seed, number, lesson(**options), COURSES) for number in range(1, students + 1)]


def actions_of(scripts: list[Script]) -> list[Action]:
    return [action for script in scripts for tab in script.tabs for action in tab]


def test_the_same_seed_writes_the_same_scripts_however_many_students_there_are() -> None:
    assert a_class(20) == a_class(200)[:20]
    assert a_class(20) != a_class(20, seed=2)


def test_half_of_the_students_speak_the_wall_clock_and_half_instants() -> None:
    forms = Counter(
        {
            "wall" if report.occurred_at is None else "instant"
            for action in actions_of([script])
            for report in action.reports
        }.pop()
        for script in a_class()
    )
    assert forms == {"wall": 100, "instant": 100}


@pytest.mark.parametrize("minutes", [1, 10, 240])
def test_everything_is_sent_during_the_lesson_and_in_the_order_of_its_time(minutes: int) -> None:
    for script in a_class(50, minutes=minutes):
        for tab in script.tabs:
            times = [action.after for action in tab]
            assert times == sorted(times)
            assert all(timedelta() <= after <= lesson(minutes).length for after in times)


def test_nothing_is_reported_that_would_be_refused() -> None:
    for late_days in (0, 1, 7):
        now = lesson().ends_at
        for action in actions_of(a_class(late_days=late_days)):
            sent_at = lesson().begins_at + action.after
            for report in action.reports:
                if report.occurred_at is not None:
                    assert refusal(report.occurred_at, now, late_days, BERLIN) is None
                    assert report.occurred_at <= sent_at


def test_a_class_does_everything_that_students_do() -> None:
    scripts = a_class()
    actions = actions_of(scripts)
    reports = [report for action in actions for report in action.reports]
    assert {action.delivery for action in actions} == set(Delivery)
    assert {action.copies for action in actions} == {1, 2, 3}
    assert {len(script.tabs) for script in scripts} == {1, 2}
    assert {script.registrations for script in scripts} == {1, 2}
    assert {report.kind for report in reports} == {None, "play", "pause", "heartbeat"}
    assert {report.event_id is None for report in reports} == {True, False}
    assert any(report.start_time and report.end_time for report in reports)
    assert {report.claimed_seconds is None for report in reports} == {True, False}


def test_some_repeat_a_request_much_later() -> None:
    by_id: dict[UUID, set[timedelta]] = {}
    for action in actions_of(a_class()):
        for report in action.reports:
            if report.event_id is not None:
                by_id.setdefault(report.event_id, set()).add(action.after)
    assert any(len(times) > 1 for times in by_id.values())


@pytest.mark.parametrize("parity", [0, 1])
def test_students_of_both_forms_watch_across_midnight(parity: int) -> None:
    """Whatever time it is: last night is reported during the lesson."""
    crossings = 0
    for script in a_class()[parity::2]:
        events = [
            event
            for action in actions_of([script])
            for report in action.reports
            for event in meaning(
                report,
                user_id=1,
                event_id=report.event_id or UUID(int=1),
                received_at=lesson().ends_at,
                zone=BERLIN,
            )
        ]
        crossings += len({local_date(event.at, BERLIN) for event in events}) > 1
    assert crossings > 0
