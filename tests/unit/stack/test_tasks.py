import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from stack.errors import Interrupted
from stack.tasks import TaskFailed, Tasks
from stack.waiting import Interrupt, poll


@pytest.fixture
def tasks(tmp_path: Path) -> Tasks:
    return Tasks(tmp_path, dict(os.environ), Interrupt())


def test_a_command_that_fails_is_named_with_its_last_lines(tasks: Tasks) -> None:
    with pytest.raises(TaskFailed) as failed:
        tasks.run([sys.executable, "-c", "print('first'); raise SystemExit('no space')"], name="job")

    assert "failed (exit code 1)" in failed.value.detail
    assert "no space" in failed.value.detail
    assert str(tasks.logs / "job.log") in failed.value.detail


def test_an_interrupt_ends_the_command_and_everything_below_it(tasks: Tasks, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    soon(pids, tasks.interrupt)

    with pytest.raises(Interrupted):
        tasks.run(["sh", "-c", f"sleep 60 & echo $$ $! > {pids}; wait"], name="job")

    ended = list(map(int, pids.read_text().split()))
    assert poll(lambda: not any(map(is_running, ended)), seconds=5)


def test_a_command_that_must_not_be_torn_apart_delays_the_interrupt(tasks: Tasks, tmp_path: Path) -> None:
    begun, done = tmp_path / "begun", tmp_path / "done"
    soon(begun, tasks.interrupt)

    with pytest.raises(Interrupted):
        tasks.run(["sh", "-c", f"echo > {begun}; sleep 0.5; echo > {done}"], name="job", interruptible=False)

    assert done.exists()


def soon(path: Path, interrupt: Interrupt) -> None:
    """Ask to stop once a file has something in it."""

    def wait() -> None:
        while not (path.exists() and path.stat().st_size):
            time.sleep(0.02)
        interrupt.wanted = True

    threading.Thread(target=wait, daemon=True).start()


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
