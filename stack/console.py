"""What a person sees while the stack works: a line for each step, alive while it takes time."""

import contextlib
import itertools
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
        self._begun = False

    def say(self, text: str = "") -> None:
        """Write a line."""
        with self._lock:
            self._write(f"{self._clear()}{text}\n")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that something is going on until the block ends, and how long it took."""
        began = time.monotonic()
        ended = threading.Event()
        with self._lock:
            self._write(f"{self._clear()}  {title} ...")
            self._begun = True
        show = self._spin if self._live else self._remind
        shown = threading.Thread(target=show, args=(title, began, ended), daemon=True)
        shown.start()
        try:
            yield
            self._finish(title, began, ended)
        finally:
            ended.set()
            shown.join()
            self._write(self._clear())

    def _finish(self, title: str, began: float, ended: threading.Event) -> None:
        with self._lock:
            ended.set()
            whole_line = self._live or not self._begun
            self._write(f"{self._clear()}  {title} ..." if whole_line else "")
            self._write(f" {_elapsed(began)}\n")
            self._begun = False

    def _spin(self, title: str, began: float, ended: threading.Event) -> None:
        for frame in itertools.cycle(FRAMES):
            if ended.wait(FRAME_SECONDS):
                return
            with self._lock:
                self._write(f"{self._clear()}{frame} {title} ... {time.monotonic() - began:.0f} s")

    def _remind(self, title: str, began: float, ended: threading.Event) -> None:
        while not ended.wait(REMINDER_SECONDS):
            with self._lock:
                self._write(("" if self._begun else f"  {title} ...") + f" {_elapsed(began)} ...")
                self._begun = True

    def _clear(self) -> str:
        """Return what makes room for a line of its own: an unfinished one is rubbed out or left behind."""
        begun, self._begun = self._begun, False
        if self._live:
            return "\r\x1b[K"
        return "\n" if begun else ""

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def _elapsed(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
