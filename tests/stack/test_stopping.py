"""Stops at awkward moments: each ends clean, with nothing left running."""

import signal

import pytest

from stack.home import find_home, is_locked
from stack.waiting import poll
from tests.stack.driver import SECONDS, Stack

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "Preparing servers"),
        (signal.SIGTERM, "Migrating the database"),
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
