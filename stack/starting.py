"""Starting programs and waiting until they are ready."""

from collections.abc import Sequence

from stack.errors import StackError, tail
from stack.home import Home
from stack.program import Program
from stack.server import Server
from stack.supervisor import Control, log_of
from stack.tasks import Tasks
from stack.waiting import Interrupt

READY_SECONDS = 120


def prepare_and_start(control: Control, servers: Sequence[Server], tasks: Tasks) -> None:
    """Make each server's data and start it at once, so that the slow ones boot while others are prepared."""
    for server in servers:
        server.prepare(tasks)
        start(control, server.programs())


def start(control: Control, programs: Sequence[Program]) -> None:
    """Start every process of these programs, in their order, without waiting."""
    known = control.processes()
    for program in programs:
        for process in known:
            if process.part == program.name:
                control.start(process)


def wait_until_ready(home: Home, control: Control, servers: Sequence[Server], interrupt: Interrupt) -> None:
    """Wait until servers that were started answer.

    Raises:
        StackError: one died at every attempt or took too long; the message ends with its last lines.
        SupervisorGone: supervisord was killed meanwhile.
        Interrupted: somebody asked to stop meanwhile.

    """
    waiting = list(servers)

    def all_ready() -> bool:
        for server in [server for server in waiting if server.is_ready()]:
            waiting.remove(server)
        _require_alive(home, control, [server.name for server in waiting])
        return not waiting

    if not interrupt.until(all_ready, seconds=READY_SECONDS):
        late = waiting[0]
        raise StackError(
            f"{late.title} was not ready after {READY_SECONDS} s. {_last_lines(home, late.name)}"
        )


def _require_alive(home: Home, control: Control, parts: Sequence[str]) -> None:
    for process in control.processes():
        if process.part in parts and process.state == "FATAL":
            raise StackError(f"{process.part} does not start. {_last_lines(home, process.part)}")


def _last_lines(home: Home, part: str) -> str:
    log = log_of(home, part)
    return f"{log} says:\n{tail(log)}"
