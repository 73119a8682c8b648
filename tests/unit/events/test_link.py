"""Ending what does not want to end, and waiting longer each time."""

import asyncio
from datetime import timedelta

import pytest

from events.link import LinkPolicy, disconnect, end


async def stubborn(cancellations: int) -> None:
    """Swallow some cancellations, as the client library does now and then."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if not cancellations:
                raise
            cancellations -= 1


async def test_a_task_that_swallows_its_cancellation_ends_nevertheless() -> None:
    tasks = [asyncio.create_task(stubborn(n)) for n in range(3)]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(*tasks), 10)
    assert all(task.cancelled() for task in tasks)


async def test_disconnecting_raises_what_the_link_had_ended_by() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    link = asyncio.create_task(broken())
    await asyncio.sleep(0)
    with pytest.raises(ZeroDivisionError):
        await disconnect(link)
    await disconnect(None)


def test_waits_grow_up_to_the_longest_and_are_not_all_alike() -> None:
    policy = LinkPolicy(shortest_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=8))
    for failures, longest in ((0, 1), (1, 2), (2, 4), (3, 8), (4, 8), (10_000, 8)):
        waits = {policy.wait(failures) for _ in range(50)}
        assert longest / 2 <= min(waits) < max(waits) <= longest
