"""Commands that run once and end: initdb, migrations, the package manager."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.account import Account
from stack.errors import StackError, tail
from stack.waiting import Interrupt, poll

END_SECONDS = 20


class TaskFailed(StackError):
    """A command ended badly; the message ends with its last lines."""


@dataclass(frozen=True)
class Tasks:
    """Runs commands with their output in a folder of logs, out of reach of the terminal's Ctrl-C."""

    logs: Path
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
            TaskFailed: it failed.
            Interrupted: somebody asked to stop meanwhile; the command has ended.

        """
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
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
            raise TaskFailed(f"{Path(command[0]).name} failed ({how}); {log} says:\n{tail(log)}")
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
