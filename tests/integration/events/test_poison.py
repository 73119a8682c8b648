"""What ends workers, or can never be applied, ends alone in the dead-letter queue."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractIncomingMessage

from core.database import Sessions
from events.blame import BlamePolicy
from events.boxes import Box
from events.consumer import BATCHES, BatchPolicy, Consumer
from events.dead_letters import DeadLetters
from events.handling import POISON, Handling, PoisonPolicy
from events.schemas import Applied, Event, decode
from events.sender import ATTEMPTS, FIRST_SEEN, REASON, Sender
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from events.visit import COMMAND
from tests.integration.events.test_round_trip import (
    Recorder,
    consuming,
    publishing,
    take_from,
    until,
    waiting_in,
)
from tests.letters import play

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


class Version:
    """A handler that can apply some events."""

    def __init__(self) -> None:
        self.applied: set[UUID] = set()
        self.refused: list[UUID] = []
        self.poison: set[UUID] = set()
        self.is_good = True

    async def __call__(self, batch: Sequence[Event], **_: bool) -> list[Applied]:
        return [self._judge(event) for event in batch]

    def _judge(self, event: Event) -> Applied:
        if self.is_good and event.event_id not in self.poison:
            self.applied.add(event.event_id)
            return Applied(event_id=event.event_id, user_id=event.user_id, outcome="applied")
        self.refused.append(event.event_id)
        return Applied(
            event_id=event.event_id, user_id=event.user_id, outcome="rejected", detail="no such column"
        )


FEW = PoisonPolicy(blame=BlamePolicy(window=20, failures=10, proof=5), held_messages=100)


@asynccontextmanager
async def working(
    broker: str, version: Version, poison: PoisonPolicy = FEW, batches: BatchPolicy = BATCHES
) -> AsyncIterator[asyncio.Task[None]]:
    sender = Sender(broker)
    await sender.start()
    handling = Handling(version, sender, policy=poison)
    consumer = Consumer(broker, version, sender, policy=batches, handling=handling)
    running = asyncio.create_task(consumer.run())
    try:
        yield running
    finally:
        consumer.stop()
        await running
        await sender.stop()


async def publish_one_by_one(broker: str, events: Sequence[Event]) -> None:
    async with publishing(broker) as publisher:
        for event in events:
            await publisher.publish([event])


async def until_dead(broker: str, letters: int) -> None:
    async with asyncio.timeout(LONG_ENOUGH):
        while await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) < letters:
            await asyncio.sleep(0.05)


async def test_a_version_that_can_apply_nothing_does_not_empty_the_queue_into_the_dead_letters(
    broker: str,
) -> None:
    version = Version()
    version.is_good = False
    async with working(broker, version) as running:
        await publish_one_by_one(broker, [play() for _ in range(50)])
        await until_dead(broker, 10)
        await asyncio.sleep(1)
        assert not running.done()
        assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10
    assert await waiting_in(broker, PROGRESS.name) == 40


async def test_however_much_poison_comes_in_a_row_what_is_behind_it_is_applied(broker: str) -> None:
    version, poison, good = Version(), [play() for _ in range(60)], [play() for _ in range(10)]
    version.poison = {event.event_id for event in poison}
    async with working(broker, version):
        await publish_one_by_one(broker, [*poison, *good])
        await until_dead(broker, 60)
        await until(lambda: version.applied == {event.event_id for event in good})
        await until_drained(broker)
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 60
    assert await waiting_in(broker, PROGRESS.name) == 0


async def test_undecodable_messages_in_a_row_are_set_aside_once_something_can_be_applied(broker: str) -> None:
    version = Version()
    async with await connect(broker) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(PROGRESS.exchange.name)
        for number in range(30):
            await exchange.publish(Message(b"rubbish %d" % number), PROGRESS.routing_key)
    async with working(broker, version):
        await until_dead(broker, 10)
        await publish_one_by_one(broker, [play() for _ in range(5)])
        await until_dead(broker, 30)
    assert await waiting_in(broker, PROGRESS.name) == 0


async def test_who_can_apply_nothing_stands_still_and_finds_out_by_himself_that_he_can_again(
    broker: str,
) -> None:
    version, events = Version(), [play() for _ in range(40)]
    version.is_good = False
    little = replace(FEW, held_messages=5)
    patient = BatchPolicy(stand_still=timedelta(seconds=2))
    async with working(broker, version, little, patient):
        await publish_one_by_one(broker, events)
        await until_dead(broker, 10)
        async with asyncio.timeout(LONG_ENOUGH):
            while await waiting_in(broker, PROGRESS.name) < 30:
                await asyncio.sleep(0.05)
        version.is_good = True
        await until(lambda: len(version.applied) == 30)
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10
    assert await waiting_in(broker, PROGRESS.name) == 0


async def test_good_events_are_not_taken_for_deadly_because_they_were_let_go_often(broker: str) -> None:
    version, events = Version(), [play() for _ in range(40)]
    version.is_good = False
    little = replace(FEW, held_messages=5, deliveries_alone=3)
    hasty = BatchPolicy(stand_still=timedelta(milliseconds=100))
    async with working(broker, version, little, hasty):
        await publish_one_by_one(broker, events)
        await until_dead(broker, 10)
        tries = len(version.refused)
        async with asyncio.timeout(LONG_ENOUGH):
            while len(version.refused) < tries + 25:
                await asyncio.sleep(0.1)
        version.is_good = True
        await until(lambda: len(version.applied) == 30)
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10
    assert await waiting_in(broker, PROGRESS.name) == 0


async def test_what_is_held_back_when_its_queue_is_deleted_is_sent_anew(broker: str) -> None:
    version, events = Version(), [play() for _ in range(30)]
    version.is_good = False
    async with working(broker, version):
        await publish_one_by_one(broker, events)
        await until(lambda: len(version.refused) >= 30)
        assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10
        async with await connect(broker) as connection, connection.channel() as channel:
            await channel.queue_delete(PROGRESS.name)
        version.is_good = True
        await until(lambda: len(version.applied) == 20)
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 10


@pytest.mark.parametrize(
    "body",
    [
        b'[{"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}]",
        b'[{"specversion":"1.0","id":"7e6a1d5c-0000-4000-8000-000000000000","source":"x","type":"%s"}]'
        % (b"y" * 200_000),
    ],
    ids=["nested too deeply", "with a reason longer than a frame"],
)
async def test_no_message_is_so_strange_that_it_cannot_be_set_aside(
    broker: str, sessions: Sessions, body: bytes
) -> None:
    version = Version()
    async with await connect(broker) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(PROGRESS.exchange.name)
        await exchange.publish(Message(body), PROGRESS.routing_key)
    async with working(broker, version):
        await publish_one_by_one(broker, [play()])
        await until(lambda: version.applied)
    assert await waiting_in(broker, PROGRESS.name) == 0
    (letter,) = (await DeadLetters(broker, sessions.begin, COMMAND).look(Box.PROGRESS)).letters
    assert (letter.size, letter.events) == (len(body), None)
