import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.home import Home
from stack.leftovers import MARK, leftovers, sweep
from stack.parts import stop
from stack.state import NotRunning


@pytest.fixture
def orphan(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """A process that a killed stack of this home left."""
    with subprocess.Popen(["sleep", "60"], env=os.environ | {MARK: str(home.root)}) as process:
        yield process
        process.kill()


def test_only_processes_of_this_very_home_are_leftovers(
    home: Home, orphan: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    other = Home(tmp_path / "other", tmp_path / "other" / "data", None)

    assert [process.pid for process in leftovers(home)] == [orphan.pid]
    assert leftovers(other) == []


def test_we_are_no_leftover_of_the_home_we_start(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, str(home.root))

    assert leftovers(home) == []


def test_a_sweep_ends_leftovers_and_forgets_a_stale_pid_file(
    home: Home, orphan: subprocess.Popen[bytes]
) -> None:
    stale = home.data / "postgres" / "postmaster.pid"
    stale.parent.mkdir()
    stale.write_text("1\n")

    assert sweep(home) == 1

    assert leftovers(home) == []
    assert not stale.exists()


def test_down_ends_leftovers_and_then_has_nothing_to_stop(
    home: Home, orphan: subprocess.Popen[bytes]
) -> None:
    stop(home.root)

    assert leftovers(home) == []
    with pytest.raises(NotRunning):
        stop(home.root)


def test_down_in_a_folder_that_never_held_a_stack_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        stop(tmp_path / "nothing")

    assert not (tmp_path / "nothing").exists()
