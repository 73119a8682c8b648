from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.progress.preferences import Preferences, read_preferences

LONGEST = timedelta(seconds=2)


def preferences(*headers: str) -> Preferences:
    return read_preferences(headers, LONGEST)


def test_without_a_preference_the_record_is_waited_for() -> None:
    assert preferences() == Preferences(LONGEST)


@pytest.mark.parametrize(
    "header",
    [
        "respond-async",
        "Respond-Async",
        "respond-async, return=minimal",
        "return=minimal,respond-async",
        'foo="a, b"; some="x,y", respond-async; priority=5',
        "respond-async=",
        " respond-async ",
        ", respond-async",
    ],
)
def test_respond_async_is_found_in_any_list(header: str) -> None:
    assert preferences(header) == Preferences(timedelta(), respond_async=True)


@pytest.mark.parametrize(
    "header", ["", "foo", 'foo="respond-async"', "respond-asynchronously", "x;respond-async"]
)
def test_other_preferences_are_ignored(header: str) -> None:
    assert preferences(header) == Preferences(LONGEST)


def test_respond_async_is_found_in_a_second_header() -> None:
    assert preferences("return=minimal", "respond-async").respond_async


@pytest.mark.parametrize(
    "header", ["respond-async, wait=1", 'wait="1", respond-async', "wait = 1; x=y, respond-async"]
)
def test_respond_async_with_wait_waits_that_long(header: str) -> None:
    assert preferences(header) == Preferences(timedelta(seconds=1), respond_async=True, asked_wait=1)


def test_a_wait_is_never_longer_than_the_cap() -> None:
    assert preferences("wait=100").wait == LONGEST
    assert preferences("wait=" + "9" * 10_000).wait == LONGEST


@pytest.mark.parametrize("header", ["wait", "wait=-1", "wait=soon", "wait=1.5"])
def test_a_wait_that_is_no_number_of_seconds_is_ignored(header: str) -> None:
    assert preferences(header) == Preferences(LONGEST)


def test_of_a_preference_named_twice_the_first_counts() -> None:
    assert preferences("wait=1, wait=0").wait == timedelta(seconds=1)


def test_what_was_honoured_is_said() -> None:
    assert preferences("respond-async").applied(answered_async=True) == "respond-async"
    assert preferences("respond-async, wait=1").applied(answered_async=True) == "respond-async, wait=1"
    assert preferences("respond-async, wait=1").applied(answered_async=False) == "wait=1"
    assert preferences("wait=100").applied(answered_async=False) is None
    assert preferences().applied(answered_async=True) is None


@given(st.lists(st.text(max_size=40), max_size=3))
def test_no_header_breaks_it(headers: list[str]) -> None:
    assert timedelta() <= read_preferences(headers, LONGEST).wait <= LONGEST
