"""A lesson from the sign-up to the last row."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.calendar import local_date, refusal
from core.clock import Clock, utc_now
from core.policy import Policy
from simulation.driver import Participant, Stage, perform
from simulation.errors import NotAccepted, SimulationStopped
from simulation.expectation import Account, Student
from simulation.plan import write_script
from simulation.reading import Reader
from simulation.school import School, Tally
from simulation.scripts import Course, Lesson
from simulation.steady import is_date_steady
from simulation.visitor import Visitor

SIGN_UPS_AT_ONCE = 4
"""Each costs the stack two Argon2 hashes, which it makes one at a time."""

Advance = Callable[[int], None]


class Display(Protocol):
    """Where progress is shown."""

    def phase(self, name: str, total: int) -> Advance:
        """Begin a phase; what is returned is called with every portion of `total`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated, and against which stack; with an admin's name and password, rosters are read too."""

    url: str
    students: int
    length: timedelta
    speedup: float
    seed: int
    policy: Policy
    patience: timedelta
    """How long rows are waited for that do not get any better."""
    admin: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. Every row is as it should be where there are no `problems`."""

    rows: int
    events: int
    answers: dict[int, int]
    repeated: int
    problems: Sequence[str]


async def simulate(setting: Setting, display: Display, clock: Clock = utc_now) -> Outcome:
    """Hold the lesson and compare every row with what the pure fold says of what was accepted.

    Raises:
        SimulationStopped: it cannot take place.
        NotAccepted: somebody could not sign in, or the rows could not be read.

    """
    async with AsyncExitStack() as connections:
        return await _Run(setting, Tally(), connections, display, clock).hold()


@dataclass(frozen=True, slots=True)
class _Run:
    setting: Setting
    tally: Tally
    connections: AsyncExitStack
    display: Display
    clock: Clock

    async def hold(self) -> Outcome:
        courses = await (await self._school()).courses()
        admin = await self._admin()
        students = await self._sign_in()
        participants = self._write_scripts(students, courses)
        refused = await self._perform(participants)
        present = [each for each in participants if each.visitor.username not in refused]
        settled = self.display.phase("rows settled", len(present))
        reader = Reader(present, admin, self.setting.policy, self.clock, self.setting.patience)
        findings = await reader.settle(settled)
        return Outcome(
            rows=findings.rows,
            events=sum(len(each.account.events) for each in present),
            answers=dict(self.tally.answers),
            repeated=self.tally.repeated,
            problems=[
                *(f"{username}: {problem}" for username, problem in refused.items()),
                *map(str, findings.differences),
            ],
        )

    async def _school(self) -> School:
        return await self.connections.enter_async_context(School(self.setting.url, self.tally))

    async def _admin(self) -> Visitor | None:
        if self.setting.admin is None:
            return None
        admin = Visitor(await self._school(), *self.setting.admin)
        await admin.sign_in()
        return admin

    async def _sign_in(self) -> list[tuple[Visitor, Account]]:
        advance = self.display.phase("students signed in", self.setting.students)
        password, mark = secrets.token_urlsafe(12), secrets.token_hex(4)
        turns = asyncio.Semaphore(SIGN_UPS_AT_ONCE)

        async def enter(number: int) -> tuple[Visitor, Account]:
            async with turns:
                entered = await self._enter(Visitor(await self._school(), f"sim-{mark}-{number}", password))
            advance(1)
            return entered

        return await asyncio.gather(*(enter(number) for number in range(1, self.setting.students + 1)))

    async def _enter(self, visitor: Visitor) -> tuple[Visitor, Account]:
        zone = self.setting.policy.zone
        while not is_date_steady(self.clock(), zone):  # noqa: ASYNC110 - time has to pass
            await asyncio.sleep(1)
        signed_up_on = local_date(self.clock(), zone)
        await visitor.sign_up()
        await visitor.sign_in()
        return visitor, Account(Student(await visitor.user_id(), visitor.username, signed_up_on), zone)

    def _write_scripts(
        self, students: Sequence[tuple[Visitor, Account]], courses: Sequence[Course]
    ) -> list[Participant]:
        lesson = self._lesson(self.clock())
        return [
            Participant(visitor, account, write_script(self.setting.seed, number, lesson, courses))
            for number, (visitor, account) in enumerate(students, 1)
        ]

    def _lesson(self, now: datetime) -> Lesson:
        """Return the lesson that ends when it has been performed from now on."""
        length, policy = self.setting.length, self.setting.policy
        lesson = Lesson(now + length / self.setting.speedup - length, length, policy.zone, policy.late_days)
        refused = refusal(lesson.begins_at, lesson.ends_at, policy.late_days, policy.zone)
        if refused is not None:
            raise SimulationStopped(f"the lesson would begin too early: {refused}; ask for fewer --minutes")
        return lesson

    async def _perform(self, participants: Sequence[Participant]) -> dict[str, str]:
        """Let everybody do everything; return by username what the stack did not accept."""
        requests = [action for each in participants for tab in each.script.tabs for action in tab]
        total = sum(len(action.reports) * action.copies for action in requests)
        stage = Stage(
            self.clock(), self.setting.speedup, self.clock, self.display.phase("events accepted", total)
        )
        refused: dict[str, str] = {}

        async def attend(participant: Participant) -> None:
            try:
                await perform(participant, stage)
            except* NotAccepted as group:
                refused[participant.visitor.username] = "; ".join(
                    sorted({str(one) for one in _leaves(group)})
                )

        await asyncio.gather(*(attend(participant) for participant in participants))
        return refused


def _leaves(group: BaseExceptionGroup[NotAccepted]) -> list[NotAccepted]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
