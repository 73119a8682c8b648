"""Our own processes, started anew when they die, as the stack's supervisor does."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from signal import SIGKILL, Signals

import psutil

from tests.chaos.worker import DEATH
from tests.e2e.processes import COMMAND, Processes

LOOK_EVERY_SECONDS = 0.1
STOP_SECONDS = 20
API = "api"
WORKERS = ("worker-1", "worker-2")
_WORKER = (sys.executable, "-m", "tests.chaos.worker")
COMMANDS: dict[str, tuple[str, ...]] = {API: (str(COMMAND), "api"), **dict.fromkeys(WORKERS, _WORKER)}
OTHERS: dict[str, tuple[str, ...]] = {
    name: (str(COMMAND), "worker", name) for name in ("imports", "scheduler")
}


@dataclass(frozen=True, slots=True)
class Death:
    """A process that ended by itself, or was ended."""

    name: str
    code: int
    expected: bool
    """Whether it was killed by us, or died at a failpoint."""

    def __str__(self) -> str:
        return f"{self.name} ended with {self.code}"


class Keeper:
    """Starts every process, and starts it again."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._killed: set[int] = set()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self.deaths: list[Death] = []

    def start(self) -> None:
        for name in COMMANDS:
            self._start(name)
        self._thread.start()

    def stop(self) -> None:
        """Keep nothing any more; what runs is stopped by `Processes`."""
        self._stopping.set()
        self._thread.join()

    def kill(self, name: str, number: Signals = SIGKILL) -> None:
        """Send a signal; a process that ends of it is soon started again."""
        with self._lock, suppress(ProcessLookupError):
            pid = self._processes.running[name].pid
            self._killed.add(pid)
            os.kill(pid, number)

    def restart(self, name: str, **env: str) -> int:
        """Stop a process in order and start it again, with other settings; return its exit code."""
        with self._lock:
            process = self._processes.running[name]
            process.terminate()
            code = process.wait(STOP_SECONDS)
            self._start(name, **env)
        return code

    @contextmanager
    def also_running(self) -> Iterator[Iterable[str]]:
        """Run the processes that have no part in the way of an event, as long as the block."""
        for name in OTHERS:
            self._start(name)
        try:
            yield OTHERS
        finally:
            with self._lock:
                for process in [self._processes.running.pop(name) for name in OTHERS]:
                    process.terminate()
                    process.wait(STOP_SECONDS)

    def resident_bytes(self) -> dict[str, int]:
        """Return how much memory each process that runs takes."""
        found = {}
        for name, process in dict(self._processes.running).items():
            with suppress(psutil.NoSuchProcess):
                found[name] = psutil.Process(process.pid).memory_info().rss
        return found

    def _keep(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                for name, process in list(self._processes.running.items()):
                    code = process.poll()
                    if code is not None:
                        killed = code == -SIGKILL and process.pid in self._killed
                        self.deaths.append(Death(name, code, killed or code == DEATH))
                        self._start(name)
            time.sleep(LOOK_EVERY_SECONDS)

    def _start(self, name: str, **env: str) -> None:
        with (self._processes.logs / f"{name}.log").open("ab") as log:
            self._processes.running[name] = subprocess.Popen(
                (COMMANDS | OTHERS)[name], env={**self._processes.env, **env}, stdout=log, stderr=log
            )
