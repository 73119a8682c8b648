"""Stops at awkward moments: each ends clean, with nothing left running."""

import signal

import pytest

from stack.home import find_home, is_locked
from stack.waiting import poll
from tests.stack.driver import SECONDS, Stack, kill

pytestmark = [pytest.mark.serial, pytest.mark.e2e]


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "EduTrack starts"),
        (signal.SIGTERM, "Preparing servers"),
        (signal.SIGHUP, "Migrating the database"),
    ],
)
def test_a_stop_in_the_middle_of_the_start_leaves_nothing(
    fresh: Stack, number: signal.Signals, moment: str
) -> None:
    fresh.start()
    fresh.wait_for(moment)

    assert fresh.signal(number) == 130

    assert fresh.output.endswith("EduTrack is stopped.\n")
    assert fresh.processes() == []
    assert not is_locked(find_home(fresh.root))


def test_a_killed_foreground_takes_its_processes_with_it(fresh: Stack) -> None:
    fresh.start()
    fresh.wait_for("Starting PostgreSQL")
    assert fresh.processes()

    fresh.signal(signal.SIGKILL)

    assert poll(lambda: not fresh.processes(), seconds=SECONDS)


def test_down_ends_what_a_stack_left_that_was_killed_together_with_its_supervisor(fresh: Stack) -> None:
    fresh.start()
    fresh.wait_for("Starting PostgreSQL")

    kill(fresh.supervisor)
    fresh.signal(signal.SIGKILL)
    assert fresh.processes()

    assert fresh.run("down").returncode == 0
    assert fresh.processes() == []
