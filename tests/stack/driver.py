"""`edutrack up` as a person runs it: a process in the foreground whose output is read."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from stack.account import server_account
from stack.home import discard_data, find_home, open_home
from stack.leftovers import leftovers, sweep
from stack.parts import status

EDUTRACK = Path(sys.executable).with_name("edutrack")
SECONDS = 150


@dataclass
class Stack:
    """One home, started and stopped as often as a test likes."""

    root: Path
    environment: dict[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def output(self) -> str:
        return self._output.read_text() if self._output.exists() else ""

    @property
    def _output(self) -> Path:
        return self.root.with_name(f"{self.root.name}.out")

    def start(self) -> None:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [EDUTRACK, "up"], env=self.environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
            )

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until a text has been printed, in all since the start, so often."""
        self.wait_until(lambda: self.output.count(text) >= times, f"{times} times {text!r}")

    def wait_until_ready(self, times: int = 1) -> None:
        self.wait_for("EduTrack runs at", times)

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not done():
            assert self.process.poll() is None, f"ended before {what}:\n{self.output}"
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.output}"
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to the foreground process and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EDUTRACK, *arguments],
            env={**self.environment, **extra},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def status(self) -> dict[str, Any]:
        return status(self.root)

    def pids(self) -> dict[str, int]:
        """Return the one process of each part that runs."""
        found = self.status()
        servers = {name: found[name]["pid"] for name in ("postgres", "rabbitmq", "redis")}
        ours = {"api": found["api"]["pids"], **found["workers"]}
        return {name: pid for name, pid in servers.items() if pid} | {
            name: pids[0] for name, pids in ours.items() if pids
        }

    @property
    def supervisor(self) -> int:
        return next(it.pid for it in self.processes() if "supervisor.supervisord" in it.cmdline())

    def processes(self) -> list[psutil.Process]:
        """Return every process of this home, however it was left."""
        return leftovers(find_home(self.root))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def stack_in(root: Path, port: int) -> Iterator[Stack]:
    """Return a stack that is not started; nothing of it stays."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("EDUTRACK_")}
    settings = {"EDUTRACK_HOME": str(root), "EDUTRACK_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    stack = Stack(root, environment | settings)
    try:
        yield stack
    finally:
        if stack._process is not None and stack.process.poll() is None:
            stack.signal(signal.SIGTERM)
        home = open_home(root, server_account())
        sweep(home)
        discard_data(home)
