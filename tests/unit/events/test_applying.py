"""Large batches are applied in parts side by side, and answered as if they had been one."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from core.clock import utc_now
from events.applying import Abandoned, Applying, Busy, Invalid, PartPolicy
from events.schemas import Applied, Event
from tests.letters import play

HOLD = timedelta(minutes=1)
SMALL = PartPolicy(most=3, events=10)


def events(number: int) -> list[Event]:
    random = Random(5)
    return [play(user_id=random.randrange(1, 20)) for _ in range(number)]


class Database:
    """Applies whatever it is given, and remembers how."""

    def __init__(self, poison: Event | None = None, fails: Exception | None = None, parts: int = 1) -> None:
        self.calls: list[Sequence[Event]] = []
        self.cancelled = 0
        self._poison = poison
        self._fails = fails
        self._together = asyncio.Barrier(parts)

    async def __call__(self, batch: Sequence[Event], /, *, awaited: bool) -> list[Applied]:  # noqa: ARG002 - as `Handler`
        self.calls.append(batch)
        if self._poison in batch:
            raise self._fails or Invalid("never")
        try:
            await self._together.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return [Applied(event_id=each.event_id, user_id=each.user_id, outcome="applied") for each in batch]


async def apply(handle: Database, batch: Sequence[Event], *, is_lost: bool = False) -> list[Applied]:
    async with asyncio.timeout(10):
        return await Applying(handle, HOLD, utc_now, SMALL).apply(batch, lambda: is_lost, awaited=False)


@pytest.mark.parametrize(("number", "parts"), [(0, 0), (1, 1), (19, 1), (20, 2), (100, 3)])
async def test_parts_run_side_by_side_and_share_no_user(number: int, parts: int) -> None:
    batch, database = events(number), Database(parts=max(1, parts))
    answers = await apply(database, batch)
    assert [answer.event_id for answer in answers] == [event.event_id for event in batch]
    users = [{event.user_id for event in call} for call in database.calls]
    assert len(users) == parts
    assert len(set().union(*users)) == sum(map(len, users))
    for call in database.calls:
        places = [batch.index(event) for event in call]
        assert places == sorted(places)


async def test_one_user_s_events_are_one_part() -> None:
    database = Database()
    await apply(database, [play(user_id=3) for _ in range(100)])
    assert len(database.calls) == 1


async def test_what_can_never_be_applied_is_rejected_alone() -> None:
    batch = events(100)
    answers = await apply(Database(poison=batch[42]), batch)
    assert [place for place, answer in enumerate(answers) if answer.outcome == "rejected"] == [42]


async def test_a_bug_ends_the_other_parts_too() -> None:
    batch = events(100)
    database = Database(poison=batch[42], fails=ZeroDivisionError(), parts=3)
    with pytest.raises(ZeroDivisionError):
        await apply(database, batch)
    assert database.cancelled == 2


async def test_a_part_that_cannot_be_applied_in_time_abandons_the_batch() -> None:
    batch = events(100)
    with pytest.raises(Abandoned):
        await apply(Database(poison=batch[42], fails=Busy()), batch, is_lost=True)
