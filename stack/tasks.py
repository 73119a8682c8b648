"""Commands that run once and end: initdb, migrations, the package manager."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.account import Account
from stack.errors import StackError, tail
from stack.home import Home
from stack.waiting import Interrupt, poll

END_SECONDS = 20


@dataclass(frozen=True)
class Tasks:
    """Runs commands with their output in the home's logs, each in a session of its own."""

    home: Home
    environment: Mapping[str, str]
    interrupt: Interrupt

    def run(
        self,
        command: Sequence[str],
        *,
        name: str,
        account: Account | None = None,
        interruptible: bool = True,
    ) -> None:
        """Run a command to its end. One that must not be torn apart delays an interrupt until it ended.

        Raises:
            StackError: it failed; the message ends with its last lines.
            Interrupted: somebody asked to stop meanwhile; the command has ended.

        """
        log = self.home.logs / f"{name}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/" if account else None,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        try:
            poll(
                lambda: child.poll() is not None,
                seconds=float("inf"),
                between=self.interrupt.check if interruptible else lambda: None,
            )
        finally:
            _end(child)
        if child.returncode:
            how = _how(child.returncode)
            raise StackError(f"{Path(command[0]).name} failed ({how}); {log} says:\n{tail(log)}")
        self.interrupt.check()


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
