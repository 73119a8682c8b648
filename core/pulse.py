"""The import worker's last sign of life, kept in Redis until it is stale.

A task writes it that travels from the scheduler over the broker to the worker, so a fresh one says that all
three work. Health and ops read it; nobody decides anything by it.
"""

from datetime import datetime, timedelta

import redis
import redis.asyncio

_KEY = "edutrack:imports:sign-of-life"

EVERY = timedelta(seconds=5)
"""How often one is due."""

STALE_AFTER = timedelta(seconds=20)
"""A sign older than this is none: the key expires."""


def show_sign_of_life(client: redis.Redis, at: datetime) -> None:
    """Say that the import worker was alive at `at`. Blocks; raises `redis.RedisError`."""
    client.set(_KEY, at.isoformat(), ex=STALE_AFTER)


async def last_sign_of_life(client: redis.asyncio.Redis) -> datetime | None:
    """Return when the import worker was last known alive, or None if not lately.

    Raises:
        redis.RedisError: Redis is away, so nothing is known.

    """
    value = await client.get(_KEY)
    if value is None:
        return None
    return datetime.fromisoformat(value.decode() if isinstance(value, bytes) else value)
