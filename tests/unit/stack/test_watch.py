import io

import pytest

from stack.console import Console
from stack.home import Home
from stack.supervisor import Control, Process
from stack.watch import Watch


class Scripted(Control):
    """A supervisor that says what it is told to."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.now: list[Process] = []
        self.started: list[str] = []

    def processes(self) -> list[Process]:
        return self.now

    def start(self, process: Process) -> None:
        self.started.append(process.address)


class Screen:
    """A watch and what it has said since one last looked."""

    def __init__(self, home: Home) -> None:
        self._output = io.StringIO()
        self._watch = Watch(home, Console(self._output))
        self.control = Scripted(home)

    def see(self, state: str, pid: int | None = None) -> str:
        self.control.now = [Process("redis", "servers", state, pid)]
        self._watch.look(self.control)
        said = self._output.getvalue()
        self._output.truncate(0)
        self._output.seek(0)
        return said


@pytest.fixture
def screen(home: Home) -> Screen:
    return Screen(home)


def test_a_start_is_not_news(screen: Screen) -> None:
    assert screen.see("STOPPED") + screen.see("STARTING", 1) + screen.see("RUNNING", 1) == ""


def test_a_death_and_a_return_are_each_said_once(screen: Screen) -> None:
    screen.see("RUNNING", 1)

    assert "redis died (process 1)" in screen.see("BACKOFF")
    assert screen.see("STARTING", 2) == ""
    assert "redis runs again (process 2)" in screen.see("RUNNING", 2)
    assert screen.see("RUNNING", 2) == ""


def test_a_death_between_two_looks_is_said(screen: Screen) -> None:
    screen.see("RUNNING", 1)

    said = screen.see("RUNNING", 2)

    assert "redis died (process 1)" in said
    assert "redis runs again (process 2)" in said


def test_a_part_held_away_says_how_it_comes_back(screen: Screen) -> None:
    screen.see("RUNNING", 1)

    assert "`edutrack up redis`" in screen.see("STOPPED")
    assert screen.control.started == []


def test_what_supervisor_gave_up_begins_anew_and_its_reason_is_shown_once(screen: Screen, home: Home) -> None:
    (home.logs / "redis.log").write_text("cannot bind\n")

    assert "cannot bind" in screen.see("FATAL")
    assert screen.see("FATAL") == ""
    assert screen.control.started == ["servers:redis"] * 2
    assert "redis runs again" in screen.see("RUNNING", 3)
