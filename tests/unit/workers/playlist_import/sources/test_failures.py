from datetime import UTC, datetime, timedelta

import pytest

from workers.playlist_import.sources.failures import (
    FAILURES,
    MUCH_LATER,
    NEVER,
    SOON,
    WHEN_THE_QUOTA_RESETS,
    BotCheck,
    Incomplete,
    PlaylistFailure,
    QuotaExceeded,
    RateLimited,
    Refused,
    Retry,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_failure_has_a_word_of_its_own_and_is_listed() -> None:
    assert set(FAILURES.values()) == set(PlaylistFailure.__subclasses__())
    assert len(FAILURES) == len(PlaylistFailure.__subclasses__())


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_tells_an_admin_what_it_means_and_what_happens(code: str) -> None:
    reason = FAILURES[code]().reason
    assert reason.endswith(".")
    assert len(reason) > 60
    assert "  " not in reason


@pytest.mark.parametrize("failure", [BotCheck, RateLimited, Refused])
def test_who_is_told_to_stay_away_stays_away_for_tens_of_minutes(failure: type[PlaylistFailure]) -> None:
    again = failure().retry_at(NOON, 0)
    assert again is not None
    assert again - NOON >= timedelta(minutes=30)
    assert list(MUCH_LATER.waits) == sorted(MUCH_LATER.waits)


def test_trouble_of_a_moment_is_tried_again_soon_a_few_times_and_ever_later() -> None:
    waits = [again - NOON for failures in range(len(SOON.waits)) if (again := SOON.at(NOON, failures))]
    assert waits == sorted(waits)
    assert waits[0] <= timedelta(seconds=30)
    assert SOON.at(NOON, len(SOON.waits)) is None


def test_what_cannot_get_better_is_never_tried_again() -> None:
    assert NEVER.at(NOON, 0) is None


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (datetime(2026, 11, 24, 7, 59, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), datetime(2026, 11, 25, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),
        (datetime(2026, 3, 8, 9, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
    ],
)
def test_a_quota_is_back_just_after_midnight_in_california(now: datetime, midnight: datetime) -> None:
    again = QuotaExceeded().retry_at(now, 0)
    assert again == midnight + WHEN_THE_QUOTA_RESETS.waits[0]
    assert again.tzinfo is UTC


def test_a_retry_without_waits_is_none() -> None:
    assert Retry().at(NOON, 0) is None


def test_what_is_incomplete_says_how_much_there_is() -> None:
    assert "398 of the 4999 videos" in Incomplete(398, 4999).reason
    assert "only a part" in Incomplete(cause="cut").reason


def test_a_cause_is_one_line_and_not_too_long() -> None:
    text = str(BotCheck("a\nb " + "x" * 5_000))
    assert text.startswith("bot_check: a b x")
    assert len(text) < 400
