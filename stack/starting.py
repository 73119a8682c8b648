"""Starting programs and waiting until they are ready."""

from collections.abc import Callable, Sequence

from stack.errors import StackError, tail
from stack.home import Home
from stack.program import Program
from stack.server import Server
from stack.supervisor import Control, log_of
from stack.waiting import Interrupt

READY_SECONDS = 120


def start(control: Control, programs: Sequence[Program]) -> None:
    """Start every process of these programs, in their order, without waiting."""
    known = control.processes()
    for program in programs:
        for process in known:
            if process.part == program.name:
                control.start(process)


def wait_until_ready(
    home: Home,
    servers: Sequence[Server],
    interrupt: Interrupt,
    *,
    on_ready: Callable[[Server], None] = lambda _server: None,
) -> None:
    """Wait for servers that were started; each is reported as soon as it answers.

    Raises:
        StackError: one gave up, or took too long; the message ends with its last lines.
        Interrupted: somebody asked to stop meanwhile.

    """
    control = Control(home)
    waiting = list(servers)

    def all_ready() -> bool:
        for server in [server for server in waiting if server.is_ready()]:
            waiting.remove(server)
            on_ready(server)
        require_alive(home, control, [server.name for server in waiting])
        return not waiting

    if not interrupt.until(all_ready, seconds=READY_SECONDS):
        late = waiting[0]
        raise StackError(
            f"{late.title} was not ready after {READY_SECONDS} s. {_last_lines(home, late.name)}"
        )


def require_alive(home: Home, control: Control, parts: Sequence[str]) -> None:
    """Refuse to go on waiting for a part that supervisor has given up.

    Raises:
        StackError: it died at every attempt; the message ends with its last lines.

    """
    for process in control.processes():
        if process.part in parts and process.state == "FATAL":
            raise StackError(f"{process.part} does not start. {_last_lines(home, process.part)}")


def _last_lines(home: Home, part: str) -> str:
    log = log_of(home, part)
    return f"{log} says:\n{tail(log)}"
