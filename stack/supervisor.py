"""supervisord under our feet: started in a session of its own, spoken to over its unix socket."""

import contextlib
import http.client
import shutil
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import Faults, SupervisorTransport

from stack.errors import StackError, tail
from stack.files import private_folder, write_private
from stack.home import Home
from stack.program import Program, configuration
from stack.waiting import poll

ANSWER_SECONDS = 15
STOP_SECONDS = 120
"""More than all groups together need in practice; afterwards `stack.leftovers` ends what is left."""

_UNREACHABLE = (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError)


class SupervisorGone(StackError):
    """supervisord does not answer, or not any more."""

    def __init__(self) -> None:
        super().__init__("The stack's supervisor does not answer; is the stack still up?")


@dataclass(frozen=True)
class Process:
    """A process under supervision, as supervisor sees it now."""

    name: str
    group: str
    state: str
    pid: int | None

    @property
    def part(self) -> str:
        """The program's name, the same for each of its processes."""
        return self.name.split("-")[0]

    @property
    def address(self) -> str:
        return f"{self.group}:{self.name}"


class Control:
    """Commands to the supervisord of a home; any process of the same user may give them."""

    def __init__(self, home: Home) -> None:
        self._socket = home.control_socket

    def processes(self) -> list[Process]:
        """Return all programs' processes.

        Raises:
            SupervisorGone: nobody answers.

        """
        try:
            with self._connected() as supervisor:
                found = supervisor.getAllProcessInfo()
        except _UNREACHABLE:
            raise SupervisorGone from None
        return [Process(it["name"], it["group"], it["statename"], it["pid"] or None) for it in found]

    def answers(self) -> bool:
        try:
            with self._connected() as supervisor:
                supervisor.getState()
        except _UNREACHABLE:
            return False
        return True

    def start(self, process: Process) -> None:
        """Start it without waiting; harmless when it runs."""
        self._command("startProcess", process, wait=False, harmless=Faults.ALREADY_STARTED)

    def stop(self, process: Process) -> None:
        """Stop it and wait; harmless when it does not run."""
        self._command("stopProcess", process, wait=True, harmless=Faults.NOT_RUNNING)

    def _command(self, method: str, process: Process, *, wait: bool, harmless: int) -> None:
        try:
            with self._connected() as supervisor:
                getattr(supervisor, method)(process.address, wait)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != harmless:
                raise StackError(f"supervisor: {process.name}: {fault.faultString}") from None
        except _UNREACHABLE:
            raise SupervisorGone from None

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with contextlib.closing(transport):
            yield cast("Any", xmlrpc.client.ServerProxy("http://localhost", transport=transport)).supervisor


@contextmanager
def supervised(
    home: Home,
    programs: Sequence[Program],
    environment: Mapping[str, str],
    stopping: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
) -> Iterator[Control]:
    """Run supervisord with these programs, none started yet; on the way out stop them group by group.

    The stop happens inside a `stopping()` block.

    Each program has a process group of its own and supervisord a session of its own, so that Ctrl-C in
    the terminal reaches only us. If we are killed, the kernel tells supervisord to stop (Linux).

    Raises:
        StackError: supervisord did not come up.

    """
    write_private(_configuration_file(home), configuration(home, programs))
    with socket_folder(home):
        daemon = _spawn(home, environment)
        try:
            yield _answering(home, daemon)
        finally:
            if daemon.poll() is None:
                with stopping(), contextlib.suppress(subprocess.TimeoutExpired):
                    daemon.terminate()
                    daemon.wait(STOP_SECONDS)


@contextmanager
def socket_folder(home: Home) -> Iterator[None]:
    """Keep the control socket's folder for as long as it is needed, where it is not the home's own."""
    folder = home.control_socket.parent
    if folder == home.run:
        yield
        return
    private_folder(folder, None)
    try:
        yield
    finally:
        shutil.rmtree(folder)


def _configuration_file(home: Home) -> Path:
    return home.run / "supervisord.conf"


def _spawn(home: Home, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    conf = str(_configuration_file(home))
    command = [*_follow_our_death(), sys.executable, "-m", "supervisor.supervisord", "-c", conf]
    with _output(home).open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _answering(home: Home, daemon: subprocess.Popen[bytes]) -> Control:
    control = Control(home)
    poll(lambda: control.answers() or daemon.poll() is not None, seconds=ANSWER_SECONDS)
    if not control.answers():
        said = tail(_output(home)) or tail(home.logs / "supervisor.log")
        raise StackError(f"supervisor did not start:\n{said}")
    return control


def _output(home: Home) -> Path:
    return home.logs / "supervisor.out"


def _follow_our_death() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def log_of(home: Home, part: str) -> Path:
    """Return where a program's output goes."""
    return home.logs / f"{part}.log"
