"""Ending what does not want to end, and waiting longer each time."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from events.link import LinkPolicy, broken_off, disconnect, end, in_background


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


async def test_a_cancellation_nobody_asked_for_is_the_loss_of_the_connection() -> None:
    """The client library cancels what waits for a confirm on a channel that closes."""
    confirm = asyncio.get_running_loop().create_future()
    confirm.cancel()
    with pytest.raises(ConnectionResetError), broken_off():
        await confirm


async def test_a_cancellation_somebody_asked_for_is_one() -> None:
    async def publish() -> None:
        with broken_off():
            await asyncio.sleep(60)

    publishing = asyncio.create_task(publish())
    await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing


async def breaking() -> None:
    raise ZeroDivisionError


async def cancelling_itself() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("work", [breaking, cancelling_itself])
async def test_what_must_not_end_takes_the_process_with_it(
    work: Callable[[], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    await asyncio.wait({in_background(work(), "work")})
    await asyncio.sleep(0)
    assert raised == [signal.SIGTERM]


async def test_what_is_ended_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    work = in_background(stubborn(1), "work")
    await asyncio.sleep(0)
    await end(work)
    await asyncio.sleep(0)
    assert raised == []


def test_waits_grow_up_to_the_longest_and_are_not_all_alike() -> None:
    policy = LinkPolicy(shortest_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=8))
    for failures, longest in ((0, 1), (1, 2), (2, 4), (3, 8), (4, 8), (10_000, 8)):
        waits = {policy.wait(failures) for _ in range(50)}
        assert longest / 2 <= min(waits) < max(waits) <= longest
