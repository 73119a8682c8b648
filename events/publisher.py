"""Making events durable: confirmed by a quorum queue before anybody is told that they are accepted.

What waits while one message is on its way becomes the next message, so that under load many requests share
one confirm and alone none waits for company.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError

from events.declare import declare_topology
from events.flow import NO_METER, Meter
from events.link import LOST, broken_off, connect_in_background, disconnect, end, lost
from events.schemas import CONTENT_TYPE, Event, join
from events.submissions import PublishFailed, Submission, Submissions, settle_all
from events.topology import PROGRESS


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """How much may wait for the broker, and for how long."""

    confirm_within: timedelta = timedelta(seconds=1.5)
    message_events: int = 500
    """No further report joins a message that has as many events."""
    messages_in_flight: int = 2
    waiting_events: int = 20_000


PUBLISHING = PublishPolicy()


class BrokerAway(PublishFailed):
    """There is no connection to the broker, or it broke before the confirm."""


class Refused(PublishFailed):
    """The broker answered that it does not take the message, or has no queue for it."""


class Unconfirmed(PublishFailed):
    """The broker did not confirm in time."""


class Publisher:
    """Publishes to the progress queue over one connection that is only published on.

    `reply_queue` names the queue for answers to events that somebody waits for, if there is one just now.
    """

    def __init__(
        self,
        url: str,
        reply_queue: Callable[[], str | None] = lambda: None,
        meter: Meter = NO_METER,
        policy: PublishPolicy = PUBLISHING,
    ) -> None:
        self._url = url
        self._reply_queue = reply_queue
        self._meter = meter
        self._policy = policy
        self._exchange: AbstractExchange | None = None
        self._submissions = Submissions(policy.waiting_events, policy.confirm_within, Unconfirmed)
        self._refused = asyncio.Event()
        self._link: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self._exchange is not None

    async def start(self) -> None:
        """Connect in the background, now and whenever the connection is lost."""
        self._link = connect_in_background(self._url, "edutrack publisher", self._serve)

    async def stop(self) -> None:
        """Close the connection. What still waits fails as `BrokerAway`."""
        await disconnect(self._link)

    async def publish(self, events: Sequence[Event], *, awaited: bool = False) -> None:
        """Return once all events are durable; `awaited` asks the worker to answer to the reply queue.

        Raises:
            PublishFailed: they are not known to be.
            ValueError: one of them cannot be encoded; none was sent.

        """
        if self._exchange is None:
            raise BrokerAway
        await self._submissions.settle(events, awaited=awaited)

    async def _serve(self, connection: AbstractConnection) -> None:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await declare_topology(channel)
        exchange = await channel.get_exchange(PROGRESS.exchange.name, ensure=False)
        self._exchange = exchange
        senders = [
            asyncio.create_task(self._send_messages(exchange)) for _ in range(self._policy.messages_in_flight)
        ]
        self._refused.clear()
        tasks = [
            asyncio.create_task(lost(connection, channel)),
            asyncio.create_task(self._refused.wait()),  # a queue or binding may be gone: declare all anew
            *senders,
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._exchange = None
            await end(*tasks)
            self._submissions.fail(BrokerAway())

    async def _send_messages(self, exchange: AbstractExchange) -> None:
        while True:
            await self._send(exchange, await self._submissions.take(self._policy.message_events))

    async def forward(self, body: bytes, events: int) -> None:
        """Publish a message that was encoded before, and return once it is durable.

        Raises:
            PublishFailed: it is not known to be.

        """
        exchange = self._exchange
        if exchange is None:
            raise BrokerAway
        await self._confirm(exchange, _message(body), events)

    async def _send(self, exchange: AbstractExchange, batch: Sequence[Submission]) -> None:
        bodies = [body for submission in batch for body in submission.bodies]
        awaited = any(submission.awaited for submission in batch)
        failure: PublishFailed | None = BrokerAway()
        try:
            await self._confirm(
                exchange, _message(join(bodies), self._reply_queue() if awaited else None), len(bodies)
            )
            failure = None
        except PublishFailed as failed:
            failure = failed
        finally:
            settle_all(batch, failure)

    async def _confirm(self, exchange: AbstractExchange, message: Message, events: int) -> None:
        try:
            with broken_off():
                await exchange.publish(
                    message,
                    PROGRESS.routing_key,
                    mandatory=True,
                    timeout=self._policy.confirm_within.total_seconds(),
                )
        except (DeliveryError, PublishError) as error:
            self._refused.set()
            raise Refused from error
        except TimeoutError as error:
            raise Unconfirmed from error
        except LOST as error:
            raise BrokerAway from error
        self._meter.published(messages=1, events=events)


def _message(body: bytes, reply_to: str | None = None) -> Message:
    return Message(
        body,
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(uuid4()),
        reply_to=reply_to,
    )
