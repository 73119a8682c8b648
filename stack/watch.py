"""Tells what dies and what comes back, and sees to it that nothing stays away by itself."""

from typing import NoReturn

from stack.console import Console
from stack.errors import tail
from stack.home import Home
from stack.supervisor import Control, Process, log_of
from stack.waiting import Interrupt

LOOK_SECONDS = 0.5

_HELD = ("STOPPED", "STOPPING")


class Watch:
    """Compares what supervisor says now with what it said before.

    supervisor gives up after some early deaths (`FATAL`); here each of these begins anew, so that a
    process whose cause of death has gone, a policy that was adopted say, comes back without a hand.
    """

    def __init__(self, home: Home, console: Console) -> None:
        self._home = home
        self._console = console
        self._pids: dict[str, int | None] = {}
        self._away: set[str] = set()
        self._explained: set[str] = set()

    def run(self, control: Control, interrupt: Interrupt) -> NoReturn:
        """Watch for ever.

        Raises:
            Interrupted: somebody asked to stop.
            SupervisorGone: supervisord itself was killed.

        """
        while True:
            self.look(control)
            interrupt.sleep(LOOK_SECONDS)

    def look(self, control: Control) -> None:
        """Tell what changed since the last look; never blocks for long."""
        for process in control.processes():
            if process.state == "RUNNING":
                self._runs(process)
            elif process.state in _HELD:
                self._is_held(process)
            else:
                self._is_down(process)
            if process.state == "FATAL":
                self._explain(process)
                control.start(process)

    def _runs(self, process: Process) -> None:
        before = self._pids.get(process.address)
        if before not in {None, process.pid} and process.address not in self._away:
            self._is_down(process)
        if process.address in self._away:
            self._console.say(f"{process.name} runs again (process {process.pid})")
        self._pids[process.address] = process.pid
        self._away.discard(process.address)
        self._explained.discard(process.address)

    def _is_held(self, process: Process) -> None:
        if process.address in self._pids and process.address not in self._away:
            self._console.say(f"{process.name} is held away; `edutrack up {process.part}` brings it back")
            self._away.add(process.address)

    def _is_down(self, process: Process) -> None:
        if process.address in self._pids and process.address not in self._away:
            self._console.say(
                f"{process.name} died (process {self._pids[process.address]}); it is being started again"
            )
            self._away.add(process.address)

    def _explain(self, process: Process) -> None:
        if process.address not in self._explained:
            log = log_of(self._home, process.part)
            self._console.say(f"{process.name} does not start; trying on. {log} says:\n{tail(log)}")
            self._explained.add(process.address)
            self._away.add(process.address)
