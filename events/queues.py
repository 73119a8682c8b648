"""What waits in the queues, as ops want to see it."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aio_pika.abc import AbstractChannel, AbstractConnection
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.clock import Clock, utc_now
from core.metrics import QUEUE_CONSUMERS, QUEUE_READY
from events.broker_metrics import BrokerMetrics
from events.declare import declare_topology
from events.flow import oldest_of, read_flow
from events.link import connect_in_background, disconnect
from events.topology import PROGRESS, QUEUES

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
READ_WITHIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue as it stands. What nobody tells is None: Redis or RabbitMQ's plugin is away."""

    name: str
    ready: int
    consumers: int
    unacked: int | None = None
    in_rate: float | None = None
    """Published per second: events of the progress queue, messages of the others."""
    out_rate: float | None = None
    """Done with per second, alike."""
    oldest: datetime | None = None
    """When the oldest message in it was published, to the second."""


class QueueWatch:
    """Looks at every queue each second over a connection of its own."""

    def __init__(self, url: str, metrics_urls: Sequence[str] = ()) -> None:
        self._url = url
        self._metrics = BrokerMetrics(url, metrics_urls)
        self._link: asyncio.Task[None] | None = None
        self._states: tuple[QueueState, ...] | None = None
        self.consumers_seen = False
        """Whether a progress consumer has ever been attached."""

    @property
    def states(self) -> Sequence[QueueState] | None:
        """What was seen last; None while the broker is away."""
        return self._states

    @property
    def progress(self) -> QueueState | None:
        """The progress queue as it was seen last; None while the broker is away."""
        return next((state for state in self._states or () if state.name == PROGRESS.name), None)

    @property
    def missing(self) -> str | None:
        """Why RabbitMQ does not tell what is unacknowledged and how fast queues move; None where it does."""
        return self._metrics.missing

    @property
    def connected(self) -> bool:
        return self._states is not None

    @property
    def consumers(self) -> int | None:
        """How many progress consumers are attached; None while the broker is away."""
        progress = self.progress
        return None if progress is None else progress.consumers

    async def start(self) -> None:
        """Look in the background, now and whenever the broker is there."""
        self._link = connect_in_background(self._url, "edutrack queue watch", self._serve)
        await self._metrics.start()

    async def stop(self) -> None:
        """Look no more."""
        await disconnect(self._link)
        await self._metrics.stop()

    async def _serve(self, connection: AbstractConnection) -> None:
        try:
            channel = await connection.channel()
            await declare_topology(channel)
            while not connection.is_closed:
                self._states = with_traffic(await look(channel), self._metrics)
                self._publish()
                await asyncio.sleep(LOOK_EVERY.total_seconds())
        finally:
            self._states = None

    def _publish(self) -> None:
        for state in self._states or ():
            QUEUE_READY.labels(state.name).set(state.ready)
            QUEUE_CONSUMERS.labels(state.name).set(state.consumers)
            if state.name == PROGRESS.name and state.consumers:
                self.consumers_seen = True


async def look(channel: AbstractChannel) -> tuple[QueueState, ...]:
    """Ask the broker for depth and consumers of every queue.

    Raises:
        aio_pika.exceptions.ChannelNotFoundEntity: a queue does not exist; the channel is closed.

    """
    states = []
    async with asyncio.timeout(READ_WITHIN.total_seconds()):
        for queue in QUEUES:
            found = (await channel.declare_queue(queue.name, passive=True)).declaration_result
            states.append(QueueState(queue.name, found.message_count or 0, found.consumer_count or 0))
    return tuple(states)


def with_traffic(states: Sequence[QueueState], metrics: BrokerMetrics) -> tuple[QueueState, ...]:
    """Return the states with what RabbitMQ's plugin tells of them filled in."""
    return tuple(_moving(state, metrics) for state in states)


def as_fields(state: QueueState, clock: Clock = utc_now) -> dict[str, object]:
    """Return a state as ops see it, the age of the oldest message in whole seconds."""
    oldest = None if state.oldest is None else max(0, int((clock() - state.oldest).total_seconds()))
    return {
        "name": state.name,
        "ready": state.ready,
        "unacked": state.unacked,
        "consumers": state.consumers,
        "in_rate": state.in_rate,
        "out_rate": state.out_rate,
        "oldest_seconds": oldest,
    }


async def with_flow(states: Sequence[QueueState], redis: Redis) -> list[QueueState]:
    """Return the states with rates, unacknowledged messages and age of the progress queue filled in."""
    try:
        async with asyncio.timeout(READ_WITHIN.total_seconds()):
            return [await _filled(state, redis) if state.name == PROGRESS.name else state for state in states]
    except (RedisError, OSError) as error:
        log.warning("Redis is away (%s): no rates", type(error).__name__)
        return list(states)


def _moving(state: QueueState, metrics: BrokerMetrics) -> QueueState:
    traffic = metrics.of(state.name)
    if traffic is None:
        return state
    if state.name == PROGRESS.name:  # whose messages hold many events: its rates are counted in these
        return replace(state, unacked=traffic.unacked)
    return replace(state, unacked=traffic.unacked, in_rate=traffic.in_rate, out_rate=traffic.out_rate)


async def _filled(state: QueueState, redis: Redis) -> QueueState:
    flow = await read_flow(redis)
    return replace(
        state,
        unacked=flow.unacked,
        in_rate=flow.in_rate,
        out_rate=flow.out_rate,
        oldest=await oldest_of(redis, state.ready + flow.unacked),
    )
