"""Why a stack does not start or stops: each message says what to do next."""

from pathlib import Path

from core.errors import EduTrackError

_TAIL_LINES = 12


class StackError(EduTrackError):
    """The stack cannot run; `detail` names the reason and the way out."""

    title = "The stack cannot run"


class Interrupted(Exception):
    """Somebody asked us to stop: Ctrl-C, SIGTERM or a closed terminal."""


def tail(log: Path) -> str:
    """Return the last lines of a log for an error message; empty when there is none."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])
