"""What RabbitMQ's Prometheus plugin tells of queues and AMQP does not: unacked messages, and what moves.

Each node tells of its own queues and channels. A counter belongs to a channel and goes with it, so that a
sum over channels may fall: what moved is added up channel by channel, from one reading to the next.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from aio_pika.connection import make_url
from prometheus_client.parser import text_string_to_metric_families

from events.flow import RATE_OVER
from events.link import disconnect, in_background
from events.topology import DEAD_LETTERS, QUEUES

log = logging.getLogger(__name__)

ASK_EVERY = timedelta(seconds=2)
ANSWER_WITHIN = timedelta(seconds=1)

SETTING = "EDUTRACK_RABBITMQ_METRICS_URLS"
NOT_SET = f"set {SETTING} to where RabbitMQ's plugin rabbitmq_prometheus answers"
AWAY = f"RabbitMQ's plugin rabbitmq_prometheus does not answer at {SETTING}"

_FAMILIES = ("queue_coarse_metrics", "channel_queue_metrics", "channel_queue_exchange_metrics")
_UNACKED = "rabbitmq_detailed_queue_messages_unacked"
_DEPTH = "rabbitmq_detailed_queue_messages"
_PUBLISHED = "rabbitmq_detailed_queue_messages_published_total"
_ACKED = "rabbitmq_detailed_channel_messages_acked_total"
_FED_BY_BROKER = {queue.name for queue in QUEUES if queue.exchange is DEAD_LETTERS}

Counts = dict[tuple[str, ...], float]
"""By queue and node, and whatever else the node tells apart: channel, exchange."""


@dataclass(slots=True)
class Reading:
    """What all nodes told of one vhost at one moment."""

    at: float
    unacked: dict[str, int] = field(default_factory=dict)
    depth: dict[str, int] = field(default_factory=dict)
    published: Counts = field(default_factory=dict)
    acked: Counts = field(default_factory=dict)

    def add(self, node: str, vhost: str, text: str) -> None:
        """Add a node's answer, in Prometheus' text format.

        Raises:
            ValueError, KeyError: it is none.

        """
        for family in text_string_to_metric_families(text):
            for name, labels, value, *_ in family.samples:
                if vhost in (labels.get("vhost"), labels.get("queue_vhost")):
                    self._add(name, (labels["queue"], node, *labels.values()), value)

    def _add(self, name: str, key: tuple[str, ...], value: float) -> None:
        queue = key[0]
        if name == _UNACKED:  # where several nodes tell of one queue, none adds to another
            self.unacked[queue] = max(int(value), self.unacked.get(queue, 0))
        elif name == _DEPTH:
            self.depth[queue] = max(int(value), self.depth.get(queue, 0))
        elif name == _PUBLISHED:
            self.published[key] = value
        elif name == _ACKED:
            self.acked[key] = value


@dataclass(frozen=True, slots=True)
class QueueTraffic:
    """Of one queue: messages with workers, and messages per second. No rate can be told from one reading."""

    unacked: int
    in_rate: float | None
    out_rate: float | None


class Turnover:
    """What went into queues and out of them, over the last ten seconds of readings."""

    def __init__(self) -> None:
        self._last: Reading | None = None
        self._moved: deque[tuple[float, float, Counter[str], Counter[str]]] = deque()

    def add(self, reading: Reading) -> None:
        """Add the next reading."""
        before, self._last = self._last, reading
        if before is None:
            return
        gone_in = _increase(before.published, reading.published)
        gone_out = _increase(before.acked, reading.acked)
        for queue in _FED_BY_BROKER & before.depth.keys() & reading.depth.keys():
            # No channel counts what the broker moves itself; a channel that empties it lives for a moment.
            change = reading.depth[queue] - before.depth[queue]
            gone_in[queue], gone_out[queue] = max(change, 0), max(-change, 0)
        self._moved.append((before.at, reading.at, gone_in, gone_out))
        while reading.at - self._moved[0][1] >= RATE_OVER.total_seconds():
            self._moved.popleft()

    def of(self, queue: str) -> QueueTraffic | None:
        """Return a queue's traffic; None where nobody told of it."""
        if self._last is None or queue not in self._last.unacked:
            return None
        unacked = self._last.unacked[queue]
        if not self._moved:
            return QueueTraffic(unacked, None, None)
        seconds = self._moved[-1][1] - self._moved[0][0]
        return QueueTraffic(
            unacked,
            sum(gone_in[queue] for _, _, gone_in, _ in self._moved) / seconds,
            sum(gone_out[queue] for _, _, _, gone_out in self._moved) / seconds,
        )


class BrokerMetrics:
    """Asks every node now and then, and knows nothing while one of them does not answer."""

    def __init__(self, amqp_url: str, nodes: Sequence[str]) -> None:
        self._vhost = make_url(amqp_url).path.removeprefix("/") or "/"
        self._nodes = nodes
        self._asking: asyncio.Task[None] | None = None
        self._turnover = Turnover()
        self.missing: str | None = None if nodes else NOT_SET
        """Why nothing is known, and what to do; None where it is."""

    def of(self, queue: str) -> QueueTraffic | None:
        """Return a queue's traffic; None where it is not known."""
        return self._turnover.of(queue)

    async def start(self) -> None:
        """Ask in the background, if there is somebody to ask."""
        if self._nodes:
            self._asking = in_background(self._keep_asking(), "edutrack broker metrics")

    async def stop(self) -> None:
        """Ask no more."""
        await disconnect(self._asking)

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask every node once; whatever they answer, or not, is known afterwards."""
        reading = Reading(time.monotonic())
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                for node in self._nodes:
                    answer = await http.get(f"{node.rstrip('/')}/metrics/detailed", params=self._question)
                    reading.add(node, self._vhost, answer.raise_for_status().text)
        except (httpx.HTTPError, OSError, ValueError, KeyError) as error:
            self._forget(error)
        else:
            self._remember(reading)

    @property
    def _question(self) -> httpx.QueryParams:
        return httpx.QueryParams([("vhost", self._vhost), *(("family", name) for name in _FAMILIES)])

    def _remember(self, reading: Reading) -> None:
        if self._nodes:
            self.missing = None
            self._turnover.add(reading)

    def _forget(self, error: Exception) -> None:
        if self.missing is None:
            log.warning("%s (%s)", AWAY, type(error).__name__)
        self.missing = AWAY
        self._turnover = Turnover()

    async def _keep_asking(self) -> None:
        async with http_client() as http:
            while True:
                await self.ask(http)
                await asyncio.sleep(ASK_EVERY.total_seconds())


def http_client() -> httpx.AsyncClient:
    """Return a client to ask nodes with; no proxy of the environment stands between."""
    return httpx.AsyncClient(timeout=ANSWER_WITHIN.total_seconds(), trust_env=False)


def _increase(before: Counts, now: Counts) -> Counter[str]:
    """Return by how much counters grew, by queue; one that fell is another channel's and began at zero."""
    grown: Counter[str] = Counter()
    for key, count in now.items():
        known = before.get(key, 0)
        grown[key[0]] += int(count - known if count >= known else count)
    return grown
