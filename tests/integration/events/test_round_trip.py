"""Publisher, broker, consumer and replies, each of them real."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractIncomingMessage

from events.applying import Busy, Handler, Invalid
from events.consumer import BatchPolicy, Consumer
from events.publisher import BrokerAway, Publisher, PublishPolicy
from events.queues import QueueWatch
from events.replies import Replies
from events.schemas import Applied, Event, Pause, Play, encode
from events.sender import REASON, Sender
from events.submissions import Overloaded
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from tests.letters import NOON, play

SOON = 10


class Recorder:
    """A handler that remembers its batches and answers as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[UUID]] = []
        self.awaited: list[UUID] = []
        self.poison: set[UUID] = set()
        self.busy = 0

    @property
    def applied(self) -> list[UUID]:
        return [event_id for batch in self.batches for event_id in batch]

    async def __call__(self, events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        if self.busy:
            self.busy -= 1
            raise Busy("not now")
        if any(event.event_id in self.poison for event in events):
            raise Invalid("it is poison")
        self.batches.append([event.event_id for event in events])
        self.awaited += self.batches[-1] if awaited else []
        return [Applied(event_id=e.event_id, user_id=e.user_id, outcome="applied") for e in events]

    async def wait_for(self, how_many: int) -> None:
        async with asyncio.timeout(SOON):
            while len(self.applied) < how_many:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def publishing(broker: str, replies: Replies | None = None, **policy: int) -> AsyncIterator[Publisher]:
    queue = (lambda: replies.queue_name) if replies else (lambda: None)
    publisher = Publisher(broker, queue, policy=PublishPolicy(**policy))  # type: ignore[arg-type]
    await publisher.start()
    try:
        await until(lambda: publisher.connected)
        yield publisher
    finally:
        await publisher.stop()


@asynccontextmanager
async def consuming(broker: str, handle: Handler, **policy: int) -> AsyncIterator[Consumer]:
    sender = Sender(broker)
    await sender.start()
    consumer = Consumer(broker, handle, sender, policy=BatchPolicy(**policy))  # type: ignore[arg-type]
    running = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        consumer.stop()
        await running
        await sender.stop()


async def until(done: object) -> None:
    async with asyncio.timeout(SOON):
        while not done():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def waiting_in(broker: str, queue: str) -> int:
    async with await connect(broker) as connection, connection.channel() as channel:
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0


async def take_from(broker: str, queue: str) -> AbstractIncomingMessage:
    async with await connect(broker) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(queue)).get(timeout=SOON)
        await message.ack()
        return message


async def test_what_is_published_is_handled_and_then_gone(broker: str) -> None:
    handle, events = Recorder(), [play() for _ in range(3)]
    async with publishing(broker) as publisher, consuming(broker, handle):
        await publisher.publish(events)
        await handle.wait_for(3)
    assert handle.applied == [event.event_id for event in events]
    assert await waiting_in(broker, PROGRESS.name) == 0


async def test_many_requests_at_once_share_messages_and_transactions(broker: str) -> None:
    handle, events = Recorder(), [play() for _ in range(300)]
    async with publishing(broker) as publisher:
        await asyncio.gather(*(publisher.publish([event]) for event in events))
        messages = await waiting_in(broker, PROGRESS.name)
        async with consuming(broker, handle):
            await handle.wait_for(300)
    assert messages < 30
    assert len(handle.batches) < 10
    assert set(handle.applied) == {event.event_id for event in events}


async def test_a_backlog_of_single_events_is_handled_in_large_batches(broker: str) -> None:
    handle, events = Recorder(), [play() for _ in range(1_500)]
    async with await connect(broker) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(PROGRESS.exchange.name)
        await asyncio.gather(
            *(exchange.publish(Message(encode([event])), PROGRESS.routing_key) for event in events)
        )

    async def slowly(batch: Sequence[Event], *, awaited: bool) -> list[Applied]:
        await asyncio.sleep(0.2)
        return await handle(batch, awaited=awaited)

    async with consuming(broker, slowly):
        await handle.wait_for(len(events))
    assert max(map(len, handle.batches)) > 150


async def test_who_waits_hears_what_became_of_the_event(broker: str) -> None:
    replies, handle, event = Replies(broker), Recorder(), play()
    await replies.start()
    await until(lambda: replies.queue_name)
    async with publishing(broker, replies) as publisher, consuming(broker, handle):
        expectation = replies.expect((event.user_id, event.event_id))
        assert expectation is not None
        await publisher.publish([event], awaited=True)
        async with asyncio.timeout(SOON):
            answer = await expectation.answer
        await publisher.publish([play()])
        await handle.wait_for(2)
    await replies.stop()
    assert (answer.event_id, answer.outcome) == (event.event_id, "applied")
    assert handle.awaited == [event.event_id], "nobody waits for the second one"


async def test_an_answer_that_does_not_come_makes_everyone_stop_waiting_until_one_does(broker: str) -> None:
    replies, event, late = Replies(broker), play(), play()
    await replies.start()
    await until(lambda: replies.queue_name)
    async with publishing(broker, replies) as publisher:
        replies.expect((event.user_id, event.event_id))
        await publisher.publish([event], awaited=True)
        assert not replies.lagging
        await until(lambda: replies.lagging)
        async with consuming(broker, Recorder()):
            replies.expect((late.user_id, late.event_id))
            await publisher.publish([late], awaited=True)
            await until(lambda: not replies.lagging)
    await replies.stop()


async def test_without_a_broker_publishing_fails_at_once() -> None:
    publisher = Publisher("amqp://guest:guest@127.0.0.1:1/")
    await publisher.start()
    with pytest.raises(BrokerAway):
        await publisher.publish([play()])
    await publisher.stop()


async def test_more_than_may_wait_is_refused(broker: str) -> None:
    async with publishing(broker, waiting_events=10) as publisher:
        with pytest.raises(Overloaded):
            await publisher.publish([play() for _ in range(11)])


async def test_an_event_that_cannot_be_encoded_spoils_no_other(broker: str) -> None:
    broken = Play(event_id=uuid4(), user_id=1, video_id=1, at=NOON, received_at=NOON, session_id="\ud800")
    handle, good = Recorder(), [play() for _ in range(5)]
    async with publishing(broker) as publisher, consuming(broker, handle):
        outcomes = await asyncio.gather(
            *(publisher.publish([event]) for event in [broken, *good, broken]), return_exceptions=True
        )
        await handle.wait_for(5)
    assert [type(outcome) for outcome in outcomes] == [
        UnicodeEncodeError,
        *[type(None)] * 5,
        UnicodeEncodeError,
    ]


async def test_a_message_that_cannot_be_read_is_set_aside_and_blocks_nobody(broker: str) -> None:
    handle, event = Recorder(), play()
    async with await connect(broker) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(PROGRESS.exchange.name)
        await exchange.publish(Message(b"no events"), PROGRESS.routing_key)
    async with publishing(broker) as publisher, consuming(broker, handle):
        await publisher.publish([event])
        await handle.wait_for(1)
    letter = await take_from(broker, PROGRESS_DEAD_LETTERS.name)
    assert letter.body == b"no events"
    assert "malformed" in str(letter.headers[REASON])


async def test_one_poisonous_event_is_set_aside_and_its_companions_are_applied(broker: str) -> None:
    handle, events = Recorder(), [play() for _ in range(9)]
    handle.poison = {events[4].event_id}
    async with publishing(broker) as publisher:
        await publisher.publish(events)
        async with consuming(broker, handle):
            await handle.wait_for(8)
            await until(lambda: handle.applied)
    letter = await take_from(broker, PROGRESS_DEAD_LETTERS.name)
    assert str(events[4].event_id).encode() in letter.body
    assert letter.headers[REASON] == "it is poison"
    assert set(handle.applied) == {event.event_id for event in events} - handle.poison
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 0


async def test_a_busy_handler_is_tried_again_and_nothing_is_set_aside(broker: str) -> None:
    handle = Recorder()
    handle.busy = 3
    async with publishing(broker) as publisher, consuming(broker, handle):
        await publisher.publish([play()])
        await handle.wait_for(1)
    assert await waiting_in(broker, PROGRESS_DEAD_LETTERS.name) == 0


async def test_a_bug_ends_the_consumer_and_keeps_the_message(broker: str) -> None:
    async def broken(_: Sequence[Event], *, awaited: bool) -> list[Applied]:
        raise ZeroDivisionError

    sender = Sender(broker)
    consumer = Consumer(broker, broken, sender)
    async with publishing(broker) as publisher:
        await publisher.publish([play()])
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(consumer.run(), SOON)
    async with asyncio.timeout(SOON):  # the broker gives it back when it has noticed
        while await waiting_in(broker, PROGRESS.name) != 1:
            await asyncio.sleep(0.05)


async def test_stopping_finishes_the_batch_at_hand_and_leaves_the_rest(broker: str) -> None:
    started, may_end = asyncio.Event(), asyncio.Event()
    done: list[UUID] = []

    async def slow(events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        started.set()
        await may_end.wait()
        done.extend(event.event_id for event in events)
        return [Applied(event_id=e.event_id, user_id=e.user_id, outcome="applied") for e in events]

    first, second = play(), play()
    async with publishing(broker) as publisher, consuming(broker, slow) as consumer:
        await publisher.publish([first])
        await started.wait()
        await publisher.publish([second])
        consumer.stop()
        await asyncio.sleep(0.1)
        may_end.set()
    assert done == [first.event_id]
    assert await waiting_in(broker, PROGRESS.name) == 1


async def test_a_deleted_queue_is_made_again_and_consumed(broker: str) -> None:
    handle, policy = Recorder(), {"look_every": timedelta(seconds=0.2)}
    async with publishing(broker) as publisher, consuming(broker, handle, **policy):  # type: ignore[arg-type]
        await publisher.publish([play()])
        await handle.wait_for(1)
        async with await connect(broker) as connection, connection.channel() as channel:
            await channel.queue_delete(PROGRESS.name)
        await asyncio.sleep(0.5)
        await until_consumed(broker)
        await publisher.publish([play()])
        await handle.wait_for(2)


async def test_what_was_delivered_before_its_queue_was_deleted_is_handled_all_the_same(broker: str) -> None:
    events = [play() for _ in range(20)]
    handle = Recorder()

    async def slowly(batch: Sequence[Event], *, awaited: bool) -> list[Applied]:
        await asyncio.sleep(0.1)
        return await handle(batch, awaited=awaited)

    async with publishing(broker) as publisher, consuming(broker, slowly, events=1):
        for event in events:
            await publisher.publish([event])
        while await waiting_in(broker, PROGRESS.name):
            await asyncio.sleep(0.02)
        assert len(handle.applied) < len(events) - 1
        async with await connect(broker) as connection, connection.channel() as channel:
            await channel.queue_delete(PROGRESS.name)
        await handle.wait_for(len(events))
        await until_consumed(broker)
    assert set(handle.applied) == {event.event_id for event in events}


async def until_consumed(broker: str) -> None:
    watch = QueueWatch(broker)
    await watch.start()
    await until(lambda: watch.progress is not None and watch.progress.consumers)
    assert watch.consumers_seen
    await watch.stop()


async def test_the_claim_of_a_pause_survives_the_journey(broker: str) -> None:
    heard: list[Event] = []

    async def listen(events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        heard.extend(events)
        return [Applied(event_id=e.event_id, user_id=e.user_id, outcome="applied") for e in events]

    pause = Pause(
        event_id=uuid4(),
        user_id=1,
        video_id=2,
        at=NOON,
        received_at=NOON,
        session_id="tab",
        claimed_seconds=0,
    )
    async with publishing(broker) as publisher, consuming(broker, listen):
        await publisher.publish([pause])
        await until(lambda: heard)
    assert heard == [pause]
