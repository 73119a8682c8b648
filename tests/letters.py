"""Messages put into a dead-letter queue as workers, or anybody, could have put them there."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aio_pika import DeliveryMode, Message, connect
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from events.boxes import Box
from events.schemas import CONTENT_TYPE, Event, Play, encode
from events.sender import ATTEMPTS, FIRST_SEEN, REASON

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
WHY: Mapping[str, str | int] = {REASON: "no such video: 9", FIRST_SEEN: NOON.isoformat(), ATTEMPTS: 1}


def play(user_id: int = 1, video_id: int = 1, event_id: UUID | None = None) -> Play:
    return Play(event_id=event_id or uuid4(), user_id=user_id, video_id=video_id, at=NOON, received_at=NOON)


async def put(
    url: str,
    content: bytes | Sequence[Event],
    message_id: str | None = None,
    headers: Mapping[str, str | int] = WHY,
    box: Box = Box.PROGRESS,
) -> None:
    """Put a message into a dead-letter queue."""
    await put_all(url, [dead(content, message_id, headers)], box)


async def put_all(url: str, messages: Sequence[Message], box: Box = Box.PROGRESS) -> None:
    """Put messages into a dead-letter queue, over one connection."""
    async with await connect(url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(box.queue.exchange.name, ensure=False)
        for message in messages:
            await exchange.publish(message, box.queue.routing_key, mandatory=True)


def dead(
    content: bytes | Sequence[Event], message_id: str | None, headers: Mapping[str, str | int] = WHY
) -> Message:
    """Return a message as it lies in a dead-letter queue."""
    return Message(
        content if isinstance(content, bytes) else encode(content),
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message_id,
        headers=dict(headers),
    )


@asynccontextmanager
async def held(url: str, box: Box = Box.PROGRESS) -> AsyncIterator[AbstractConnection]:
    """Have all letters, as a look that was cut short has them until the broker notices."""
    async with await connect(url) as connection, connection.channel() as channel:
        taken: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        queue = await channel.get_queue(box.queue.name, ensure=False)
        await queue.consume(taken.put)
        await taken.get()
        yield connection


async def take_all(url: str, queue: str) -> list[AbstractIncomingMessage]:
    """Take everything out of a queue."""
    taken = []
    async with await connect(url) as connection, connection.channel() as channel:
        source = await channel.get_queue(queue, ensure=False)
        while (message := await source.get(fail=False)) is not None:
            await message.ack()
            taken.append(message)
    return taken
