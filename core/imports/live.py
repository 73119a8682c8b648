"""Word that an import has changed, for whoever watches it: over Redis, with nothing in it.

What it has changed to stands in PostgreSQL, so words may be lost, doubled or late: whoever listens reads the
row, and looks now and then without having been told.
"""

import logging

import redis.asyncio
from redis import RedisError

log = logging.getLogger(__name__)

EVERY_CHANNEL = "edutrack:imports:changed:*"
"""The pattern that all channels have in common."""


def channel_of(import_id: int) -> str:
    """Return the channel on which changes of an import are announced."""
    return EVERY_CHANNEL.replace("*", str(import_id))


def import_of(channel: bytes) -> int | None:
    """Return the import whose changes are announced on a channel; None for a channel of something else."""
    prefix, _, import_id = channel.decode("ascii", "replace").rpartition(":")
    return int(import_id) if f"{prefix}:*" == EVERY_CHANNEL and import_id.isdecimal() else None


async def announce(client: redis.asyncio.Redis, import_id: int) -> None:
    """Say that an import has changed; call it after the commit. That Redis is away is nothing: never raises.

    Waits as long as the client does; give it short timeouts and no retries.
    """
    try:
        await client.publish(channel_of(import_id), b"")
    except (RedisError, OSError, TimeoutError) as error:
        log.debug("a change of import %d was not announced (%s)", import_id, type(error).__name__)
