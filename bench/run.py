"""How long and how often is measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """The options of a run, which every benchmark gets."""

    rounds: int = 5
    seconds: float = 5
    warm_up_seconds: float = 2
    processes: int = 1
    """Of the API and of what it is compared with."""
    backlog: int = 50_000
    """Events the consumer drains in a round."""
    millions: Sequence[float] = (0, 1, 5)
    """Events in the log where growth is measured."""
    minutes: float = 30
    """Of the sustained load."""
    say: Callable[[str], None] = print


DEFAULT = Run()
