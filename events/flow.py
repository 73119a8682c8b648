"""How much goes into the progress queue and comes out of it, counted by everyone in Redis.

The broker tells depth and consumers without its management plugin, but neither rates, nor what is
unacknowledged, nor how old the oldest message is. Ops read these numbers; nobody decides anything by them.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_PREFIX = "edutrack:flow"
_HOLDERS = f"{_PREFIX}:unacked"
_HOUR = 3600
_MINUTE = 60

FLUSH_EVERY = timedelta(seconds=1)
RATE_OVER = timedelta(seconds=10)
KEPT = timedelta(hours=24)
STALE_AFTER = timedelta(seconds=5)


class Meter(Protocol):
    """Counts what passes; neither blocks nor raises."""

    def published(self, *, messages: int, events: int) -> None: ...
    def handled(self, *, events: int) -> None: ...
    def holds(self, messages: int) -> None: ...


class _NoMeter:
    def published(self, *, messages: int, events: int) -> None:
        pass

    def handled(self, *, events: int) -> None:
        pass

    def holds(self, messages: int) -> None:
        pass


NO_METER: Meter = _NoMeter()


@dataclass(frozen=True, slots=True)
class Flow:
    """Events per second in and out, and messages that workers hold unacknowledged."""

    in_rate: float
    out_rate: float
    unacked: int


@dataclass(frozen=True, slots=True)
class Minute:
    """What was counted over one whole minute."""

    at: datetime
    messages: int
    """Published."""
    events_in: int
    events_out: int


class FlowMeter:
    """Counts in memory and adds to Redis each second; while Redis is away it keeps counting."""

    def __init__(self, redis: Redis, holder: str = "") -> None:
        self._redis = redis
        self._holder = holder
        self._counted: Counter[tuple[int, str]] = Counter()
        self._held = 0
        self._away = False
        self._flushing: asyncio.Task[None] | None = None

    def published(self, *, messages: int, events: int) -> None:
        second = int(time.time())
        self._counted[second, "messages"] += messages
        self._counted[second, "in"] += events

    def handled(self, *, events: int) -> None:
        self._counted[int(time.time()), "out"] += events

    def holds(self, messages: int) -> None:
        self._held = messages

    async def start(self) -> None:
        """Flush in the background."""
        self._flushing = asyncio.create_task(self._flush_for_ever())

    async def stop(self) -> None:
        """Flush what is left, if Redis is there."""
        if self._flushing is not None:
            self._flushing.cancel()
            with suppress(asyncio.CancelledError):
                await self._flushing
        self._held = 0
        await self._flush()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY.total_seconds())
            await self._flush()

    async def _flush(self) -> None:
        counted, self._counted = self._counted, Counter()
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for (second, what), amount in counted.items():
                    key = _bucket(second)
                    pipe.hincrby(key, f"{second}:{what}", amount)
                    pipe.expire(key, KEPT + timedelta(hours=1))
                if self._holder:
                    pipe.hset(_HOLDERS, self._holder, json.dumps([time.time(), self._held]))
                await pipe.execute()
            self._away = False
        except (RedisError, OSError) as error:
            if not self._away:
                log.warning("Redis is away (%s): rates are not reported", type(error).__name__)
            self._away = True
            oldest = time.time() - KEPT.total_seconds()
            self._counted.update({key: amount for key, amount in counted.items() if key[0] > oldest})


async def read_flow(redis: Redis) -> Flow:
    """Return the rates over the last 10 whole seconds, and what workers hold.

    Raises:
        RedisError, OSError: Redis is away, so nothing is known.

    """
    now = int(time.time())
    first = now - int(RATE_OVER.total_seconds())
    counts = await _read_bucket(redis, now)
    if _bucket(first) != _bucket(now):
        counts |= await _read_bucket(redis, first)
    seconds = range(first, now)
    incoming = sum(counts.get((second, "in"), 0) for second in seconds)
    outgoing = sum(counts.get((second, "out"), 0) for second in seconds)
    return Flow(incoming / len(seconds), outgoing / len(seconds), await _unacked(redis))


async def last_hour(redis: Redis) -> list[Minute]:
    """Return the last 60 whole minutes, oldest first; where nothing was counted a minute has zeros.

    Raises:
        RedisError, OSError: Redis is away, so nothing is known.

    """
    end = int(time.time()) // _MINUTE * _MINUTE
    counts = await _read_bucket(redis, end - _HOUR) | await _read_bucket(redis, end)
    sums: Counter[tuple[int, str]] = Counter()
    for (second, what), amount in counts.items():
        sums[second // _MINUTE * _MINUTE, what] += amount
    return [
        Minute(datetime.fromtimestamp(at, UTC), sums[at, "messages"], sums[at, "in"], sums[at, "out"])
        for at in range(end - _HOUR, end, _MINUTE)
    ]


async def signs_of_life(redis: Redis) -> dict[str, datetime]:
    """Return when each progress worker was last heard of, by host and process. Long silence is forgotten.

    Raises:
        RedisError, OSError: Redis is away, so nothing is known.

    """
    holders = await redis.hgetall(_HOLDERS)
    return {
        holder.decode() if isinstance(holder, bytes) else holder: datetime.fromtimestamp(
            json.loads(value)[0], UTC
        )
        for holder, value in holders.items()
    }


async def oldest_of(redis: Redis, messages: int) -> datetime | None:
    """Return when the oldest of the last so many published messages was published, to the second.

    A queue is read from its head, so these are the ones still in it. None if there are none, or they are
    older than what is kept.

    Raises:
        RedisError, OSError: Redis is away, so nothing is known.

    """
    if messages <= 0:
        return None
    now = int(time.time())
    for second in range(now, now - int(KEPT.total_seconds()), -_HOUR):
        counts = await _read_bucket(redis, second)
        for counted_at in sorted((at for at, what in counts if what == "messages"), reverse=True):
            messages -= counts[counted_at, "messages"]
            if messages <= 0:
                return datetime.fromtimestamp(counted_at, UTC)
    return None


async def _unacked(redis: Redis) -> int:
    fresh_after = time.time() - STALE_AFTER.total_seconds()
    total = 0
    for holder, value in (await redis.hgetall(_HOLDERS)).items():
        at, held = json.loads(value)
        if at > fresh_after:
            total += held
        else:
            await redis.hdel(_HOLDERS, holder)
    return total


async def _read_bucket(redis: Redis, second: int) -> dict[tuple[int, str], int]:
    counts = {}
    for field, amount in (await redis.hgetall(_bucket(second))).items():
        at, _, what = (field if isinstance(field, str) else field.decode()).partition(":")
        counts[int(at), what] = int(amount)
    return counts


def _bucket(second: int) -> str:
    return f"{_PREFIX}:{second // _HOUR}"
