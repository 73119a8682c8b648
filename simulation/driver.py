"""One student carrying out a script, in simulated time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from simulation.expectation import Account
from simulation.scripts import Action, Script, Tab
from simulation.steady import is_steady
from simulation.visitor import Visitor

LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stage:
    """When the lesson begins in real time, how fast it passes, and whom to tell of what was accepted."""

    begins_at: datetime
    speedup: float
    clock: Clock
    accepted: Callable[[int], None]

    async def until(self, after: timedelta) -> None:
        """Sleep until simulated time has come so far; not at all where it has."""
        due = self.begins_at + after / self.speedup
        await asyncio.sleep(max((due - self.clock()).total_seconds(), 0))


@dataclass(frozen=True, slots=True)
class Participant:
    """A student: the way in, what was accepted, and what to do."""

    visitor: Visitor
    account: Account
    script: Script


async def perform(student: Participant, stage: Stage) -> None:
    """Do everything the script says, and note in the account what was accepted.

    Raises:
        ExceptionGroup: of `NotAccepted`; the stack refused something, or stayed away for too long.

    """
    await stage.until(student.script.arrives)
    async with asyncio.TaskGroup() as everything:
        for _ in range(student.script.registrations):
            everything.create_task(student.visitor.register(student.script.course.course_id))
        for tab in student.script.tabs:
            everything.create_task(_browse(tab, student, stage))


async def _browse(tab: Tab, student: Participant, stage: Stage) -> None:
    for action in tab:
        await stage.until(action.after)
        while not is_steady(action.reports, stage.clock(), student.account.zone):  # noqa: ASYNC110 - time has to pass
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        async with asyncio.TaskGroup() as copies:
            for _ in range(action.copies):
                copies.create_task(_send(action, student, stage))


async def _send(action: Action, student: Participant, stage: Stage) -> None:
    received_at = stage.clock()
    for report, event_id in zip(action.reports, await student.visitor.report(action), strict=True):
        student.account.accepted(report, event_id, received_at)
    stage.accepted(len(action.reports))
