"""What a running stack tells other commands about itself, in its home."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psutil

from stack.errors import StackError
from stack.files import read_json, write_private
from stack.home import Home, is_locked


class NotRunning(StackError):
    """No stack runs in the home."""


@dataclass(frozen=True)
class State:
    """The foreground process, and where each part is reached."""

    pid: int
    created: float
    """When it was: a pid alone may be somebody else's by now."""
    urls: Mapping[str, str]


def write_state(home: Home, urls: Mapping[str, str]) -> None:
    """Say that we are the stack of this home; only for who holds its lock."""
    ourselves = psutil.Process()
    state = State(ourselves.pid, ourselves.create_time(), dict(urls))
    write_private(home.state, json.dumps(asdict(state)))


def read_state(home: Home) -> State:
    """Return what the running stack says.

    Raises:
        NotRunning: none runs.

    """
    found = read_json(home.state)
    if is_locked(home) and found:
        state = State(**found)
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(state.pid).create_time() == state.created:
                return state
    raise NotRunning(f"No stack runs in {home.root}; start one with `make up`.")
