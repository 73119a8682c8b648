"""What a fault is, and the list of all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.ledger import Ledger
from tests.chaos.load import Lesson, Load, Student
from tests.chaos.stage import Layout, Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a fault may touch while a lesson goes on."""

    stage: Stage
    lesson: Lesson
    ledger: Ledger
    students: list[Student]
    problems: list[str]
    """What a fault finds wrong by itself."""


Inject = Callable[[Scene], None]
"""Does harm under load and undoes it; returns when nothing is harmed any more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to do harm. `accepting` says that events must be accepted while it lasts."""

    name: str
    inject: Inject
    load: Load = field(default_factory=Load)
    accepting: bool = False
    layout: Layout = Layout.SINGLE
    short: bool = False
    """Whether it is one of those that `make test` injects."""


FAULTS: list[Fault] = []


def fault(
    name: str,
    *,
    load: Load | None = None,
    accepting: bool = False,
    layout: Layout = Layout.SINGLE,
    short: bool = False,
) -> Callable[[Inject], Inject]:
    """Add a function to the list of faults."""

    def add(inject: Inject) -> Inject:
        FAULTS.append(Fault(name, inject, load or Load(), accepting, layout, short))
        return inject

    return add
