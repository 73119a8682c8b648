"""What a running stack tells other commands about itself, in its home."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from stack.errors import StackError
from stack.files import read_json, write_private
from stack.home import Home, is_locked


class NotRunning(StackError):
    """No stack runs in the home."""


@dataclass(frozen=True)
class State:
    """The foreground process, and where each part is reached."""

    pid: int
    urls: Mapping[str, str]


def write_state(home: Home, urls: Mapping[str, str]) -> None:
    """Say that we are the stack of this home; only for who holds its lock."""
    write_private(home.state, json.dumps(asdict(State(os.getpid(), dict(urls)))))


def read_state(home: Home) -> State:
    """Return what the running stack says.

    Raises:
        NotRunning: none runs.

    """
    found = read_json(home.state)
    if not is_locked(home) or "pid" not in found:
        raise NotRunning(f"No stack runs in {home.root}; start one with `make up`.")
    return State(found["pid"], found["urls"])
