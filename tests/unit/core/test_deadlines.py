"""Deadlines that pass, are moved, are cleared, and begin anew after a pause."""

import asyncio
from collections.abc import Callable

from core.deadlines import Deadlines


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


async def test_what_has_no_time_left_passes_once_and_what_has_some_does_not() -> None:
    passed: list[str] = []
    deadlines = Deadlines(passed.append)
    deadlines.set("late", 0)
    deadlines.set("early", 1000)
    await until(lambda: passed)
    await asyncio.sleep(0.2)
    assert passed == ["late"]


async def test_a_deadline_that_is_moved_or_cleared_does_not_pass() -> None:
    passed: list[str] = []
    deadlines = Deadlines(passed.append)
    for thing in ("moved", "cleared", "due"):
        deadlines.set(thing, 0)
    deadlines.set("moved", 1000)
    deadlines.clear("cleared")
    deadlines.clear("never set")
    await until(lambda: passed)
    assert passed == ["due"]


async def test_after_a_time_with_none_they_are_kept_again() -> None:
    passed: list[int] = []
    deadlines = Deadlines(passed.append)
    for n in range(3):
        deadlines.set(n, 0)
        await until(lambda: len(passed) > n)  # noqa: B023 - called in this turn of the loop alone
        await asyncio.sleep(0.1)
    assert passed == [0, 1, 2]


async def test_a_callback_may_set_the_next_one_and_one_that_fails_stops_no_others() -> None:
    passed: list[str] = []

    def note(thing: str) -> None:
        passed.append(thing)
        if thing == "first":
            deadlines.set("second", 0)
        if thing == "broken":
            raise ZeroDivisionError

    deadlines = Deadlines(note)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        deadlines.set("first", 0)
        await until(lambda: "second" in passed)
        deadlines.set("broken", 0)
        await until(lambda: "broken" in passed)
        deadlines.set("last", 0)
        await until(lambda: "last" in passed)
    finally:
        loop.set_exception_handler(None)
