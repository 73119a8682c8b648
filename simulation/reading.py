"""Reading the rows back until they are as they should be, or do not get any better."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from core.calendar import local_date
from core.clock import Clock
from core.policy import Policy
from simulation.comparison import Difference, Key, Row, compare
from simulation.driver import Participant
from simulation.expectation import (
    ATTENDANCE,
    ROSTER,
    dates,
    expected_own,
    expected_roster,
    video,
)
from simulation.visitor import Visitor

T = TypeVar("T")


READERS_AT_ONCE = 16
LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the last reading said."""

    rows: int
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose rows are read, by whom the rosters, and under which rules they must have come about."""

    participants: Sequence[Participant]
    admin: Visitor | None
    policy: Policy
    clock: Clock
    patience: timedelta

    async def settle(self, settled: Callable[[int], None]) -> Findings:
        """Read until nothing differs or nothing improves; then once more, which is what counts.

        What was accepted with 202 is applied later: until then rows may be missing, and that is no fault.
        """
        waiting, patient_until = list(self.participants), self.clock() + self.patience
        while waiting and self.clock() < patient_until:
            before = len(waiting)
            waiting = [
                each for each, right in zip(waiting, await self._are_right(waiting), strict=True) if not right
            ]
            settled(before - len(waiting))
            if len(waiting) < before:
                patient_until = self.clock() + self.patience
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return await self._read_all()

    async def _are_right(self, participants: Sequence[Participant]) -> list[bool]:
        found = await self._each(participants, _own)
        return [
            not compare(expected_own(each.account, self.policy), rows)
            for each, rows in zip(participants, found, strict=True)
        ]

    async def _read_all(self) -> Findings:
        expected: dict[Key, Row] = {}
        for each in self.participants:
            expected |= expected_own(each.account, self.policy)
        found = _together(await self._each(self.participants, _own))
        if self.admin is not None:
            rosters = await self._rosters(self.admin)
            expected |= rosters[0]
            found |= rosters[1]
        return Findings(len(expected), compare(expected, found))

    async def _rosters(self, admin: Visitor) -> tuple[dict[Key, Row], dict[Key, Row]]:
        """Return what the rosters of all dates that have begun should say of the class, and what they say."""
        today = local_date(self.clock(), self.policy.zone)
        accounts = [each.account for each in self.participants]
        days = sorted(day for day in dates(accounts, self.policy) | {today} if day <= today)
        expected = _together(expected_roster(accounts, day, self.policy) for day in days)
        ours = {each.visitor.username for each in self.participants}
        found = [_keyed(await admin.roster(day), ROSTER) for day in days]
        return expected, {key: row for key, row in _together(found).items() if key.username in ours}

    async def _each(
        self, items: Sequence[Participant], read: Callable[[Participant], Awaitable[T]]
    ) -> list[T]:
        turns = asyncio.Semaphore(READERS_AT_ONCE)

        async def in_turn(item: Participant) -> T:
            async with turns:
                return await read(item)

        return await asyncio.gather(*(in_turn(item) for item in items))


async def _own(participant: Participant) -> dict[Key, Row]:
    """Return a student's rows, of the videos watched and of one that was not."""
    visitor, script = participant.visitor, participant.script
    others = [video_id for video_id in script.course.video_ids if video_id not in script.video_ids]
    rows = _keyed(await visitor.attendance(), ATTENDANCE)
    for video_id in (*script.video_ids, *others[:1]):
        found = await visitor.progress(video_id)
        rows |= {Key(visitor.username, video(video_id), row["date"]): row for row in found}
    return rows


def _keyed(answers: Collection[dict[str, Any]], of: str) -> dict[Key, Row]:
    return {Key(row["username"], of, row["date"]): row for row in answers}


def _together(rows: Iterable[dict[Key, Row]]) -> dict[Key, Row]:
    return {key: row for some in rows for key, row in some.items()}
