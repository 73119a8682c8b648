"""What one process has taken on: bounded in size, number and time, and measured, whichever way it came in."""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Protocol

from prometheus_client import Histogram

from api.errors import Problem, problem_of
from core.deadlines import Deadlines
from core.errors import Unavailable
from core.metrics import REQUESTS

log = logging.getLogger("edutrack.access")

BUSY = "too many requests are being answered: try again soon"
TOO_SLOW = "the answer took too long: try again soon"
EVENT_TOO_SLOW = f"{TOO_SLOW}, an event with the same event_id"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on before it refuses, so that a backlog neither hangs nor fills the memory."""

    body_bytes: int = 1 << 20
    file_bytes: int = 16 << 20
    files: frozenset[str] = frozenset({"/rosters"})
    """Paths that take a whole file."""
    body_within: timedelta = timedelta(seconds=10)
    answer_within: timedelta = timedelta(seconds=2.8)
    """From the last byte of a request to the first one of its answer."""
    in_flight: int = 2_000
    retry_after: int = 2

    def bytes_at(self, path: str) -> int:
        """Return how long a body may be."""
        return self.file_bytes if path in self.files else self.body_bytes


LIMITS = Limits()

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SERVER_ERROR = 500


class Running(Protocol):
    """A request that is being answered."""

    def break_off(self) -> None:
        """Cancel what makes the answer: its time is over."""


class Traffic:
    """The requests a process is answering."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.in_flight = 0
        self._deadlines = Deadlines[Running](lambda running: running.break_off())

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken on."""
        return self.in_flight >= self.limits.in_flight

    def give(self, running: Running, within: timedelta) -> None:
        """Let a request have so much time from now on, in place of what it had."""
        self._deadlines.set(running, within.total_seconds())

    def give_all_time(self, running: Running) -> None:
        """Let a request take as long as it takes."""
        self._deadlines.clear(running)

    def refusal(self, detail: str) -> tuple[Problem, dict[str, str]]:
        """Return the problem of a request that is not taken on, or not finished, and its headers."""
        return problem_of(Unavailable, detail), {"Retry-After": str(self.limits.retry_after)}


def was_broken_off(task: asyncio.Task[object]) -> bool:
    """Say whether a task was cancelled by `break_off` and by nobody else; it may then go on."""
    return not task.uncancel()


def account(began: float, method: str, route: str, status: int, path: str) -> None:
    """Measure and log an answer that took from `began` (by `perf_counter`) to now.

    `path` is without the query, which may hold a token.
    """
    seconds = time.perf_counter() - began
    _duration(method if method in _METHODS else "other", route, status).observe(seconds)
    level = logging.INFO if status >= _SERVER_ERROR else logging.DEBUG
    if log.isEnabledFor(level):
        log.log(level, "%s %s %s %.1f ms", method, path, status, seconds * 1000)


@lru_cache(maxsize=1024)
def _duration(method: str, route: str, status: int) -> Histogram:
    return REQUESTS.labels(method, route, str(status))
