"""Users are taken in portions that hold a bounded number of events."""

from workers.watch_time.scope import cut


def test_a_portion_ends_before_it_holds_too_much() -> None:
    assert list(cut([1, 2, 3, 4], {1: 40, 2: 60, 3: 1, 4: 99}, limit=100)) == [[1, 2], [3, 4]]
    assert list(cut([1, 2, 3], {1: 40, 2: 61, 3: 39}, limit=100)) == [[1], [2, 3]]


def test_a_user_with_too_much_is_alone() -> None:
    assert list(cut([1, 2, 3], {1: 1, 2: 101, 3: 1}, limit=100)) == [[1], [2], [3]]


def test_users_without_events_go_together() -> None:
    assert list(cut([1, 2, 3], {}, limit=100)) == [[1, 2, 3]]
    assert list(cut([], {}, limit=100)) == []
