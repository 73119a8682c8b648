"""What an earlier stack of this home left behind when it was killed: found, verified, ended. Nothing else.

Every process of a stack carries `MARK` in its environment, naming its home. PostgreSQL and Redis overwrite
theirs with their title, but work inside the home's data folder. A pid from a file is never trusted.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from stack.home import Home
from stack.supervisor import STOP_SECONDS

MARK = "EDUTRACK_SUPERVISED"
GRACE_SECONDS = 15

_POSTGRES = ("postgres", "postmaster")
_WORKS_IN = dict.fromkeys(_POSTGRES, "postgres") | dict.fromkeys(("redis-server", "valkey-server"), "redis")


def sweep(home: Home) -> int:
    """End every process an earlier stack of this home left; return how many there were.

    Its supervisor first, which ends the others in order. Where that was killed too, our own processes go
    before the servers, without which they could not finish; each gently, then not.
    """
    found = leftovers(home)
    _end(filter(_is_supervisor, found), seconds=STOP_SECONDS)
    _end(filter(_is_ours, leftovers(home)), seconds=GRACE_SECONDS)
    _end(leftovers(home), seconds=GRACE_SECONDS)
    (home.data / "postgres" / "postmaster.pid").unlink(missing_ok=True)
    return len(found)


def leftovers(home: Home) -> list[psutil.Process]:
    """Return the running processes of this home's stack, without ourselves."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process for process in psutil.process_iter() if process.pid not in ours and _belongs(process, home)
    ]


def _belongs(process: psutil.Process, home: Home) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        if process.environ().get(MARK) == str(home.root):
            return process.status() != psutil.STATUS_ZOMBIE
    with contextlib.suppress(psutil.Error, OSError):
        folder = _WORKS_IN.get(process.name())
        return folder is not None and Path(process.cwd()) == home.data / folder
    return False


def _is_supervisor(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "supervisor.supervisord" in process.cmdline()
    return False


def _is_ours(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.exe() == os.path.realpath(sys.executable)
    return False


def _end(processes: Iterable[psutil.Process], *, seconds: float) -> None:
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            # PostgreSQL waits for its clients at SIGTERM and closes at SIGINT.
            process.send_signal(signal.SIGINT if process.name() in _POSTGRES else signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=GRACE_SECONDS)
