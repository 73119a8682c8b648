"""The comparison must notice everything."""

import pytest

from simulation.comparison import Key, compare

KEY = Key("ada", "video 1", "2026-11-23")
ROW = {"start_time": "10:00:00", "watch_time": "00:10:30", "watch_time_seconds": 630.0}


def test_equal_rows_do_not_differ() -> None:
    assert compare({KEY: ROW}, {KEY: ROW}) == []


def test_fields_that_nothing_is_expected_of_are_not_looked_at() -> None:
    assert compare({KEY: ROW}, {KEY: ROW | {"id": 12}}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("watch_time", "00:10:31"), ("watch_time_seconds", 630.000001), ("start_time", None)],
)
def test_a_wrong_second_and_a_wrong_microsecond_are_noticed(field: str, value: object) -> None:
    (difference,) = compare({KEY: ROW}, {KEY: ROW | {field: value}})
    assert difference.key == KEY
    assert str(difference) == f"ada video 1 2026-11-23: {field} should be {ROW[field]}, is {value}"


def test_a_missing_field_is_noticed() -> None:
    found = {name: value for name, value in ROW.items() if name != "watch_time"}
    assert "is missing" in str(compare({KEY: ROW}, {KEY: found})[0])


def test_a_missing_row_is_noticed() -> None:
    assert "missing; expected start_time 10:00:00" in str(compare({KEY: ROW}, {})[0])


def test_a_row_too_many_is_noticed() -> None:
    assert "nothing was expected" in str(compare({}, {KEY: ROW})[0])
