"""A running stack from another shell: what it consists of, one part held away, all of it stopped."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import psutil

from stack.errors import StackError
from stack.home import Home, find_home, is_locked, locked
from stack.leftovers import sweep
from stack.programs import API, WORKERS
from stack.servers import ALL
from stack.state import NotRunning, read_state
from stack.supervisor import STOP_SECONDS, Control, Process, SupervisorGone
from stack.waiting import poll

PARTS = (*ALL, API, *WORKERS)
START_SECONDS = 30
NAME_SECONDS = 5

_ALIVE = ("RUNNING", "STARTING")


def status(root: Path) -> dict[str, Any]:
    """Return where each part is reached and which processes are the part itself.

    A server that is not ours, or is away, has the pid None.

    Raises:
        NotRunning: no stack runs there.

    """
    home = find_home(root)
    urls = read_state(home).urls
    pids = _pids(home)
    servers = {name: {"url": urls.get(name), "pid": next(iter(pids[name]), None)} for name in ALL}
    api = {"url": urls.get(API), "pids": pids[API]}
    return {API: api, **servers, "workers": {name: pids[name] for name in WORKERS}}


def hold(root: Path, part: str) -> None:
    """Stop one part and keep it away until `release`; returns when it has ended.

    Raises:
        StackError: no stack runs there, or the part is not one of its own.

    """
    home = find_home(root)
    control = Control(home)
    for process in _processes(home, control, part):
        control.stop(process)


def release(root: Path, part: str) -> None:
    """Start a part again; returns when its processes run, which is before a server answers.

    Raises:
        StackError: no stack runs there, the part is not one of its own, or it does not start.

    """
    home = find_home(root)
    control = Control(home)
    for process in _processes(home, control, part):
        control.start(process)

    def all_run() -> bool:
        return all(process.state == "RUNNING" for process in _processes(home, control, part))

    if not poll(all_run, seconds=START_SECONDS):
        raise StackError(f"{part} does not start; see {home.logs / part}.log.")


def stop(root: Path) -> None:
    """Stop the whole stack and wait until nothing of it runs, also what a killed one left.

    Raises:
        NotRunning: there was nothing to stop.
        StackError: it did not end.

    """
    home = find_home(root)
    if is_locked(home):
        _end_foreground(home)
    elif not home.run.exists() or not _sweep(home):
        raise NotRunning(f"No stack runs in {home.root}.")


def _end_foreground(home: Home) -> None:
    # Between its lock and its state a stack that has just begun is nameless for a moment.
    poll(lambda: _told_to_stop(home) or not is_locked(home), seconds=NAME_SECONDS)
    if not poll(lambda: not is_locked(home), seconds=STOP_SECONDS):
        raise StackError(f"The stack in {home.root} did not stop; logs are in {home.logs}.")


def _told_to_stop(home: Home) -> bool:
    try:
        os.kill(read_state(home).pid, signal.SIGTERM)
    except NotRunning:
        return False
    return True


def _sweep(home: Home) -> int:
    with locked(home):
        return sweep(home)


def _processes(home: Home, control: Control, part: str) -> list[Process]:
    read_state(home)
    found = [process for process in control.processes() if process.part == part]
    if not found:
        raise StackError(f"{part} is not run by this stack, or supervisor does not answer.")
    return found


def _pids(home: Home) -> dict[str, list[int]]:
    running: list[Process] = []
    with contextlib.suppress(SupervisorGone):
        running = [process for process in Control(home).processes() if process.state in _ALIVE]
    return {part: [_itself(it.pid) for it in running if it.part == part and it.pid] for part in PARTS}


def _itself(pid: int) -> int:
    """Return the server below a start script that stays its parent."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            if child.name() == "beam.smp":
                return child.pid
    return pid
