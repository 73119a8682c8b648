"""The judge of `make chaos` finds what is wrong: evidence made by hand in which one thing is, each time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from events.meaning.fold import Rows, fold
from events.schemas import Event, Pause, Play
from tests.chaos.invariants import POLICY, Evidence, Stored, broken
from tests.chaos.keeper import WORKERS, Death
from tests.chaos.ledger import Answer, Ledger, Outcome
from tests.chaos.load import Load

USER = 7
AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
OTHER = UUID(int=99)


def play(number: int, seconds: float = 0, **fields: object) -> Event:
    at = AT + timedelta(seconds=seconds)
    return Play(event_id=UUID(int=number), user_id=USER, video_id=1, at=at, received_at=at, **fields)  # type: ignore[arg-type]


def pause(number: int, seconds: float) -> Event:
    at = AT + timedelta(seconds=seconds)
    return Pause(event_id=UUID(int=number), user_id=USER, video_id=1, at=at, received_at=at)


LESSON = (play(1), pause(2, 60))


def rows_of(events: Sequence[Event]) -> Rows:
    return fold(events, POLICY)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return the ledger of a lesson in which everything was accepted at the first attempt."""
    made = Ledger(tmp_path / "ledger.jsonl")
    made.answered(made.sending(LESSON), LESSON, Answer(Outcome.ACCEPTED, 0.1))
    return made


@pytest.fixture
def good(ledger: Ledger) -> Evidence:
    return Evidence(
        ledger=ledger,
        load=Load(),
        stored=Stored({USER: LESSON}, {USER: rows_of(LESSON)}, []),
        verify="",
        dead_letters=[],
        messages=0,
        consumers=len(WORKERS),
        outbox=0,
        deaths=[],
        recovered=2.0,
    )


def stored(events: Sequence[Event], rows: Rows | None = None, strangers: Sequence[UUID] = ()) -> Stored:
    return Stored({USER: events}, {USER: rows_of(events) if rows is None else rows}, strangers)


def test_nothing_is_found_where_nothing_is_wrong(good: Evidence) -> None:
    assert broken(good) == {}


def test_an_accepted_event_that_is_not_applied_breaks_i1(good: Evidence) -> None:
    assert set(broken(replace(good, stored=stored(LESSON[:1])))) == {"I1"}


def test_an_event_nobody_accepted_may_be_missing(good: Evidence) -> None:
    good.ledger.answered(good.ledger.sending([play(3, 90)]), [play(3, 90)], Answer(Outcome.UNREACHABLE, 0.1))
    assert broken(good) == {}


def test_an_event_nobody_accepted_may_be_applied(good: Evidence) -> None:
    good.ledger.sending([play(3, 90)])
    assert broken(replace(good, stored=stored([*LESSON, play(3, 90)]))) == {}


def test_rows_that_count_something_twice_break_i2(good: Evidence) -> None:
    twice = rows_of([*LESSON, play(3, 100), pause(4, 160)])
    assert set(broken(replace(good, stored=stored(LESSON, twice)))) == {"I2"}


def test_rows_that_are_missing_break_i2(good: Evidence) -> None:
    assert set(broken(replace(good, stored=stored(LESSON, rows_of([]))))) == {"I2"}


def test_a_difference_that_verify_found_breaks_i3(good: Evidence) -> None:
    assert set(broken(replace(good, verify="user 7 progress: stored 1, log says 2"))) == {"I3"}


def test_an_event_that_was_never_sent_breaks_i4(good: Evidence) -> None:
    found = broken(replace(good, stored=stored([*LESSON, play(3, 90)])))
    assert "I4" in found
    assert "never sent" in found["I4"]


def test_an_event_of_another_user_breaks_i4(good: Evidence) -> None:
    assert set(broken(replace(good, stored=stored(LESSON, strangers=[OTHER])))) == {"I4"}


@pytest.mark.parametrize("changed", [play(1, 5), play(1, session_id="other"), pause(1, 0)])
def test_an_event_that_was_changed_on_its_way_breaks_i4(good: Evidence, changed: Event) -> None:
    assert "I4" in broken(replace(good, stored=stored([changed, LESSON[1]])))


def test_a_clock_that_is_off_may_be_corrected_by_as_long_as_the_request_took(good: Evidence) -> None:
    off = replace(good, load=Load(clock_ahead=timedelta(days=1)))
    assert broken(replace(off, stored=stored([play(1, 2), LESSON[1]]))) == {}
    assert set(broken(replace(off, stored=stored([play(1, 30), LESSON[1]])))) == {"I4"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(Outcome.WRONG, 0.1, "500"),
        Answer(Outcome.ACCEPTED, 4.1),
        Answer(Outcome.REFUSED, 4.1),
        Answer(Outcome.UNREACHABLE, 4.1),
    ],
)
def test_an_answer_that_was_not_promised_or_late_breaks_i5(good: Evidence, answer: Answer) -> None:
    good.ledger.answers.append(answer)
    assert set(broken(good)) == {"I5"}


@pytest.mark.parametrize("recovered", [None, 30.5])
def test_too_slow_a_recovery_breaks_i5(good: Evidence, recovered: float | None) -> None:
    assert set(broken(replace(good, recovered=recovered))) == {"I5"}


def test_a_death_that_nobody_caused_breaks_i5(good: Evidence) -> None:
    assert broken(replace(good, deaths=[Death("api", -9, expected=True)])) == {}
    found = broken(replace(good, deaths=[Death("api", 1, expected=False)]))
    assert found == {"I5": "api ended with 1"}


def test_what_the_fault_itself_saw_breaks_i5(good: Evidence) -> None:
    assert broken(replace(good, problems=["it did not happen"])) == {"I5": "it did not happen"}


def test_a_good_event_among_the_dead_letters_breaks_i6(good: Evidence) -> None:
    assert set(broken(replace(good, dead_letters=[str(OTHER)]))) == {"I6"}


def test_poison_that_is_no_dead_letter_breaks_i6(good: Evidence) -> None:
    good.ledger.poison.add(str(OTHER))
    assert set(broken(good)) == {"I6"}
    assert broken(replace(good, dead_letters=[str(OTHER)])) == {}


@pytest.mark.parametrize(
    "left", [{"messages": 1}, {"outbox": 1}, {"consumers": len(WORKERS) - 1}, {"consumers": len(WORKERS) + 1}]
)
def test_what_has_not_come_to_rest_breaks_i7(good: Evidence, left: dict[str, int]) -> None:
    assert set(broken(replace(good, **left))) == {"I7"}  # type: ignore[arg-type]
