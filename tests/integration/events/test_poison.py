"""What ends workers, or can never be applied, ends alone in the dead-letter queue."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from aio_pika import connect
from aio_pika.abc import AbstractIncomingMessage

from events.consumer import Consumer
from events.handling import POISON, Handling, PoisonPolicy
from events.schemas import Applied, Event, decode
from events.sender import ATTEMPTS, FIRST_SEEN, REASON, Sender
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from tests.integration.events.test_round_trip import (
    Recorder,
    consuming,
    play,
    publishing,
    take_from,
    until,
    waiting_in,
)

LONG_ENOUGH = 60


async def run_until_drained(broker: str, deadly: UUID) -> tuple[Counter[UUID], int]:
    """Start workers one after the other, as a supervisor does, until the queue is empty and stays so."""
    applied: Counter[UUID] = Counter()
    deaths = 0
    async with asyncio.timeout(LONG_ENOUGH):
        while True:
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.deadly_worker", broker, str(deadly)),
                stdout=asyncio.subprocess.PIPE,
            )
            drained = asyncio.create_task(until_drained(broker))
            ended = asyncio.create_task(worker.wait())
            await asyncio.wait({drained, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                worker.terminate()
            drained.cancel()
            output, _ = await worker.communicate()
            applied.update(UUID(line) for line in output.decode().split())
            if worker.returncode == 0:
                return applied, deaths
            deaths += 1


async def until_drained(broker: str) -> None:
    while not await waiting_in(broker, PROGRESS_DEAD_LETTERS.name):
        await asyncio.sleep(0.1)
    while await waiting_in(broker, PROGRESS.name):
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)


async def test_an_event_that_ends_workers_is_the_only_one_that_is_set_aside(broker: str) -> None:
    deadly, innocent = play(), [play() for _ in range(30)]
    async with publishing(broker) as publisher:
        await publisher.publish(innocent[:10])
        await publisher.publish([*innocent[10:15], deadly, *innocent[15:20]])
        for event in innocent[20:]:
            await publisher.publish([event])
    applied, deaths = await run_until_drained(broker, deadly.event_id)
    letter = await take_from(broker, PROGRESS_DEAD_LETTERS.name)
    assert [event.event_id for event in decode(letter.body)] == [deadly.event_id]
    assert "it came back" in str(letter.headers[REASON])
    assert letter.headers[FIRST_SEEN]
    assert int(str(letter.headers[ATTEMPTS])) > POISON.deliveries_alone
    assert applied.keys() == {event.event_id for event in innocent}
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 0
    assert deaths <= POISON.deliveries_together + POISON.deliveries_alone + 1


async def test_messages_that_came_back_are_handled_one_at_a_time(broker: str) -> None:
    returned, fresh = [play() for _ in range(5)], [play() for _ in range(5)]
    handle = Recorder()
    async with publishing(broker) as publisher:
        for event in returned:
            await publisher.publish([event])
        await take_and_return(broker, len(returned))
        for event in fresh:
            await publisher.publish([event])
        async with consuming(broker, handle):
            await handle.wait_for(10)
    alone = {batch[0] for batch in handle.batches if len(batch) == 1}
    assert {event.event_id for event in returned} <= alone


async def take_and_return(broker: str, messages: int) -> None:
    """Take messages and lose the connection, as a worker that dies does."""
    connection = await connect(broker)
    channel = await connection.channel()
    queue = await channel.get_queue(PROGRESS.name)
    taken: list[AbstractIncomingMessage] = []

    async def take(message: AbstractIncomingMessage) -> None:
        taken.append(message)

    await queue.consume(take)
    await until(lambda: len(taken) == messages)
    await connection.close()


async def test_a_version_that_can_apply_nothing_does_not_empty_the_queue_into_the_dead_letters(
    broker: str,
) -> None:
    events = [play() for _ in range(50)]

    async def refuse(batch: Sequence[Event]) -> list[Applied]:
        return [
            Applied(event_id=e.event_id, user_id=e.user_id, outcome="rejected", detail="no such column")
            for e in batch
        ]

    sender = Sender(broker)
    await sender.start()
    policy = PoisonPolicy(window=20, failures=10)
    consumer = Consumer(broker, refuse, sender, handling=Handling(refuse, sender, policy=policy))
    running = asyncio.create_task(consumer.run())
    async with publishing(broker) as publisher:
        for event in events:
            await publisher.publish([event])
    async with asyncio.timeout(LONG_ENOUGH):
        while await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) < 10:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    assert not running.done()
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10
    assert await waiting_in(broker, PROGRESS.name) >= 40 - 1
    consumer.stop()
    await running
    await sender.stop()
