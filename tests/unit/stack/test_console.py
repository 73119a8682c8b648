import io

import pytest

from stack.console import Console


class Closed(io.StringIO):
    """A terminal that was closed."""

    def write(self, _text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_step_is_reported_when_it_is_done() -> None:
    output = io.StringIO()

    with Console(output).step("Migrating"):
        pass

    assert output.getvalue() == "  Migrating ... 0.0 s\n"


def test_a_step_is_announced_before_it_is_done() -> None:
    output = io.StringIO()

    with Console(output).step("Migrating"):
        assert output.getvalue() == "  Migrating ..."


def test_a_line_said_during_a_step_stands_by_itself() -> None:
    output = io.StringIO()
    console = Console(output)

    with console.step("Migrating"):
        console.say("redis died")

    assert output.getvalue() == "  Migrating ...\nredis died\n  Migrating ... 0.0 s\n"


def test_a_step_that_failed_is_not_reported_as_done() -> None:
    output = io.StringIO()

    with pytest.raises(ValueError, match="broken"), Console(output).step("Migrating"):
        raise ValueError("broken")

    assert output.getvalue() == "  Migrating ...\n"


def test_a_closed_terminal_stops_nothing() -> None:
    console = Console(Closed())

    with console.step("Stopping"):
        console.say("on we go")
