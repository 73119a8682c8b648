"""What a person sees while the stack works: a line for each step, alive while it takes time."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

FRAMES = "|/-\\"
FRAME_SECONDS = 0.2
REMINDER_SECONDS = 10


class Console:
    """Writes lines to a terminal or a file; that nobody reads them any more is no reason to fail."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._lock = threading.RLock()

    def say(self, text: str = "") -> None:
        """Write a line."""
        with self._lock:
            self._write(f"{self._clear()}{text}\n")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that something is going on until the block ends, and how long it took."""
        began = time.monotonic()
        ended = threading.Event()
        show = self._spin if self._live else self._remind
        shown = threading.Thread(target=show, args=(title, began, ended), daemon=True)
        shown.start()
        try:
            yield
        finally:
            ended.set()
            shown.join()
            self._write(self._clear())
        self.say(f"  {title}: {_elapsed(began)}")

    def _spin(self, title: str, began: float, ended: threading.Event) -> None:
        turn = 0
        while not ended.wait(FRAME_SECONDS):
            turn += 1
            with self._lock:
                frame = FRAMES[turn % len(FRAMES)]
                self._write(f"{self._clear()}{frame} {title} {time.monotonic() - began:.0f} s")

    def _remind(self, title: str, began: float, ended: threading.Event) -> None:
        while not ended.wait(REMINDER_SECONDS):
            self.say(f"  {title}: still working, {_elapsed(began)}")

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def _elapsed(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
