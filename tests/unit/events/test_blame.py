"""Rare failures are the events' fault, many are ours."""

from events.blame import Blame, BlamePolicy


def blame(outcomes: str) -> Blame:
    """Return what a row of outcomes leaves: `x` for a failure."""
    found = Blame(BlamePolicy(window=10, failures=5, proof=3))
    for outcome in outcomes:
        (found.failed if outcome == "x" else found.applied)()
    return found


def test_rare_failures_are_the_events_fault() -> None:
    assert not blame("").is_ours
    assert not blame("x...." * 20).is_ours


def test_a_share_of_failures_is_ours() -> None:
    assert not blame("xxxx").is_ours
    assert blame("xxxxx").is_ours
    assert blame("x." * 5).is_ours


def test_enough_in_a_row_that_can_be_applied_clear_us() -> None:
    assert blame("xxxxx..").is_ours
    assert blame("xxxxx" + "..x" * 10).is_ours
    assert not blame("xxxxx...").is_ours
    assert not blame("xxxxx...xxxx").is_ours, "what was before is forgotten"
    assert blame("xxxxx...xxxxx").is_ours
