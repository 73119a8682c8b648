"""Many deadlines by one timer: a timer for each of thousands of requests a second costs too much."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

_Thing = TypeVar("_Thing")

LOOK_EVERY = 0.05
"""Seconds by which a deadline may be noticed late, unless told otherwise."""


class Deadlines(Generic[_Thing]):
    """Calls `passed` with each thing whose time has come, once, up to `look_every` seconds late.

    To be used from within one event loop; the timer runs while something waits.
    """

    def __init__(self, passed: Callable[[_Thing], None], look_every: float = LOOK_EVERY) -> None:
        self._passed = passed
        self._look_every = look_every
        self._at: dict[_Thing, float] = {}
        self._looking = False

    def set(self, thing: _Thing, seconds: float) -> None:
        """Let a thing have so many seconds from now, in place of what it had."""
        loop = asyncio.get_running_loop()
        self._at[thing] = loop.time() + seconds
        if not self._looking:
            self._looking = True
            loop.call_later(self._look_every, self._look)

    def clear(self, thing: _Thing) -> None:
        """Let a thing have all the time it needs; harmless where it has it already."""
        self._at.pop(thing, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = False
        for thing in [thing for thing, at in self._at.items() if at <= loop.time()]:
            del self._at[thing]
            self._passed(thing)
        if self._at and not self._looking:
            self._looking = True
            loop.call_later(self._look_every, self._look)
