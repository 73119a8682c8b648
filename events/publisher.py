"""Making events durable: confirmed by a quorum queue before anybody is told that they are accepted.

What waits while one message is on its way becomes the next message, so that under load many requests share
one confirm and alone none waits for company.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import Channel, spec

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

    It does so by the channel below aio-pika's: a message object, and a wait for the socket before the one for
    the confirm, would cost a third more.
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
        self._channel: Channel | None = None
        self._submissions = Submissions(policy.waiting_events, policy.confirm_within, Unconfirmed)
        self._refused = asyncio.Event()
        self._link: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self._channel is not None

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
        if self._channel is None:
            raise BrokerAway
        await self._submissions.settle(events, awaited=awaited)

    async def _serve(self, connection: AbstractConnection) -> None:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await declare_topology(channel)
        underlay = await channel.get_underlay_channel()
        assert isinstance(underlay, Channel), "its interface lacks `wait`"
        self._channel = underlay
        self._refused.clear()
        tasks = [
            asyncio.create_task(lost(connection, channel)),
            asyncio.create_task(self._refused.wait()),  # a queue or binding may be gone: declare all anew
            asyncio.create_task(self._send_messages(underlay)),
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._channel = None
            await end(*tasks)
            self._submissions.fail(BrokerAway())

    async def _send_messages(self, channel: Channel) -> None:
        while True:
            await self._send(channel, await self._submissions.take(self._policy.message_events))

    async def forward(self, body: bytes, events: int) -> None:
        """Publish a message that was encoded before, and return once it is durable.

        Raises:
            PublishFailed: it is not known to be.

        """
        channel = self._channel
        if channel is None:
            raise BrokerAway
        await self._confirm(channel, body, events)

    async def _send(self, channel: Channel, batch: Sequence[Submission]) -> None:
        bodies = [body for submission in batch for body in submission.bodies]
        awaited = any(submission.awaited for submission in batch)
        failure: PublishFailed | None = BrokerAway()
        try:
            await self._confirm(
                channel, join(bodies), len(bodies), reply_to=self._reply_queue() if awaited else None
            )
            failure = None
        except PublishFailed as failed:
            failure = failed
        finally:
            settle_all(batch, failure)

    async def _confirm(self, channel: Channel, body: bytes, events: int, reply_to: str | None = None) -> None:
        if channel.is_closed:
            raise BrokerAway
        try:
            with broken_off():
                await channel.basic_publish(
                    body,
                    exchange=PROGRESS.exchange.name,
                    routing_key=PROGRESS.routing_key,
                    properties=_properties(reply_to),
                    mandatory=True,
                    timeout=self._policy.confirm_within.total_seconds(),
                    wait=False,  # for the socket: the confirm is waited for anyway
                )
        except (DeliveryError, PublishError) as error:
            self._refused.set()
            raise Refused from error
        except TimeoutError as error:
            raise Unconfirmed from error
        except LOST as error:
            raise BrokerAway from error
        self._meter.published(messages=1, events=events)


def _properties(reply_to: str | None) -> spec.Basic.Properties:
    return spec.Basic.Properties(
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(uuid4()),
        reply_to=reply_to,
    )
