"""What a worker sends: answers, which may get lost, and dead letters, which must not."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from core.metrics import DEAD_LETTERED
from events.declare import declare_topology
from events.link import LOST, broken_off, connect_in_background, disconnect, end, lost
from events.schemas import REPLY_CONTENT_TYPE, Applied, encode_reply
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS, Queue

log = logging.getLogger(__name__)

REASON_LENGTH = 500
"""Characters of a reason: a frame of headers is bounded, and what a message says wrong can be any length."""
INSTANT_LENGTH = 40

REASON = "x-edutrack-reason"
FIRST_SEEN = "x-edutrack-first-seen"
ATTEMPTS = "x-edutrack-attempts"
REPLAYS = "x-edutrack-replays"
"""How often somebody sent it back from the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """How many answers may wait to be sent, and how long a dead letter waits for its confirm."""

    waiting_replies: int = 1_000
    confirm_within: timedelta = timedelta(seconds=5)
    try_again_after: timedelta = timedelta(seconds=1)
    side_by_side: int = 100
    """Messages that wait for their confirms together."""


class Sender:
    """Sends over a connection of its own: an alarm of the broker stops connections that publish."""

    def __init__(self, url: str, policy: SendPolicy | None = None) -> None:
        self._url = url
        self._policy = policy or SendPolicy()
        self._replies: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(self._policy.waiting_replies)
        self._channel: AbstractChannel | None = None
        self._link: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect in the background, now and whenever the connection is lost."""
        self._link = connect_in_background(self._url, "edutrack worker sender", self._serve)

    async def stop(self) -> None:
        """Send the answers that wait, if that goes at once, and close."""
        if self._link is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._policy.try_again_after.total_seconds()):
                await self._replies.join()
        await disconnect(self._link)

    def reply(self, reply_to: str, answers: Sequence[Applied]) -> None:
        """Send answers soon, or not at all; never blocks."""
        try:
            self._replies.put_nowait((reply_to, encode_reply(answers)))
        except asyncio.QueueFull:
            log.debug("answers dropped: too many wait")

    async def set_aside(
        self, body: bytes, original: AbstractIncomingMessage, *, kind: str, reason: str
    ) -> None:
        """Put a body into the dead-letter queue and return once it is durable there; blocks until it is.

        `kind` is a word for the metrics; `reason` is for people.
        """
        headers = original.headers
        message = Message(
            body,
            content_type=original.content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=str(uuid4()),
            headers={
                REASON: reason[:REASON_LENGTH],
                FIRST_SEEN: _first_seen(original),
                ATTEMPTS: int(str(headers.get("x-delivery-count", 0))) + 1,
                **_replays(original),
            },
        )
        await self._insist(PROGRESS_DEAD_LETTERS, message)
        DEAD_LETTERED.labels(kind).inc()
        log.error("set aside in %s: %s", PROGRESS_DEAD_LETTERS.name, reason[:REASON_LENGTH])

    async def publish_again(self, bodies: Sequence[bytes], original: AbstractIncomingMessage) -> None:
        """Put bodies at the end of the queue, each as a message, and return once all are durable there."""
        first_seen = _first_seen(original)
        messages = [
            Message(
                body,
                content_type=original.content_type,
                delivery_mode=DeliveryMode.PERSISTENT,
                message_id=str(uuid4()),
                headers={FIRST_SEEN: first_seen, **_replays(original)},
            )
            for body in bodies
        ]
        for first in range(0, len(messages), self._policy.side_by_side):
            chunk = messages[first : first + self._policy.side_by_side]
            await asyncio.gather(*(self._insist(PROGRESS, message) for message in chunk))

    async def _insist(self, queue: Queue, message: Message) -> None:
        while not await self._confirmed(queue, message):  # noqa: ASYNC110 - nothing tells when it is back
            await asyncio.sleep(self._policy.try_again_after.total_seconds())

    async def _confirmed(self, queue: Queue, message: Message) -> bool:
        if self._channel is None:
            return False
        try:
            exchange = await self._channel.get_exchange(queue.exchange.name, ensure=False)
            with broken_off():
                await exchange.publish(
                    message,
                    queue.routing_key,
                    mandatory=True,
                    timeout=self._policy.confirm_within.total_seconds(),
                )
        except LOST as error:
            log.warning("a message was not confirmed (%s), trying again", type(error).__name__)
            return False
        return True

    async def _serve(self, connection: AbstractConnection) -> None:
        confirming = await connection.channel(publisher_confirms=True, on_return_raises=True)
        plain = await connection.channel(publisher_confirms=False)
        await declare_topology(confirming)
        self._channel = confirming
        replying = asyncio.create_task(self._send_replies(plain))
        try:
            await lost(connection, confirming)
        finally:
            self._channel = None
            await end(replying)

    async def _send_replies(self, channel: AbstractChannel) -> None:
        while True:
            reply_to, body = await self._replies.get()
            try:
                message = Message(body, content_type=REPLY_CONTENT_TYPE)
                await channel.default_exchange.publish(message, reply_to, mandatory=False)
            finally:
                self._replies.task_done()


def _first_seen(original: AbstractIncomingMessage) -> str:
    """Return when a message was first set aside or taken apart; anybody may have written the header."""
    told = original.headers.get(FIRST_SEEN)
    is_told = isinstance(told, str) and len(told) <= INSTANT_LENGTH
    return str(told) if is_told else datetime.now(UTC).isoformat()


def _replays(original: AbstractIncomingMessage) -> dict[str, int]:
    replays = original.headers.get(REPLAYS)
    return {REPLAYS: replays} if isinstance(replays, int) else {}
