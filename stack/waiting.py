"""Waiting that a signal can end, and the signals that end it."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from stack.errors import Interrupted

POLL_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Interrupt:
    """Set by a signal, read between two polls, so that nothing is torn apart half-way."""

    wanted: bool = False

    def check(self) -> None:
        """Raise `Interrupted` once somebody asked to stop."""
        if self.wanted:
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until a signal arrives; then raise `Interrupted`."""
        self.until(lambda: False, seconds=seconds)

    def until(self, done: Callable[[], bool], *, seconds: float) -> bool:
        """Poll `done` for at most `seconds`; say whether it became true."""
        return poll(done, seconds=seconds, between=self.check)


def poll(done: Callable[[], bool], *, seconds: float, between: Callable[[], None] = lambda: None) -> bool:
    """Poll `done` for at most `seconds`; say whether it became true."""
    deadline = time.monotonic() + seconds
    while True:
        between()
        if done():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)


@contextmanager
def stop_signals() -> Iterator[Interrupt]:
    """Turn SIGINT, SIGTERM and SIGHUP into an `Interrupt` for as long as the block runs."""
    interrupt = Interrupt()

    def note(_number: int, _frame: FrameType | None) -> None:
        interrupt.wanted = True

    # A hang-up that is ignored is `nohup`'s doing; an ignored SIGINT only says that a script runs us.
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = [number for number in STOP_SIGNALS if not (ignored and number is signal.SIGHUP)]
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
