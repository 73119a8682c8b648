"""A consumer that commits every event by itself: `python -m bench.baselines.consumer`.

Asynchronous and concurrent: while one transaction waits for the disk, others go on.
"""

import asyncio
import signal

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from bench.baselines.statements import Row, make_pool, store
from core.settings import Settings, load_settings
from events.schemas import Event, Pause, decode
from events.topology import PROGRESS

PREFETCH = 64
CONNECTIONS = 16


async def consume(settings: Settings) -> None:
    """Consume until SIGTERM."""
    url = settings.database_url.get_secret_value().replace("+asyncpg", "")
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    connection = await aio_pika.connect_robust(settings.amqp_url.get_secret_value())
    async with connection, await make_pool(url, CONNECTIONS) as pool:

        async def handle(message: AbstractIncomingMessage) -> None:
            async with message.process():
                for event in decode(message.body):
                    await store(pool, _row(event))

        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(PROGRESS.name)
        await queue.consume(handle)
        await stopped.wait()


def _row(event: Event) -> Row:
    return Row(
        user_id=event.user_id,
        event_id=event.event_id,
        video_id=event.video_id,
        session_id=event.session_id,
        kind=event.rank,
        at=event.at,
        claimed_seconds=event.claimed_seconds if isinstance(event, Pause) else None,
        position_seconds=event.position_seconds,
        playback_rate=event.playback_rate,
        received_at=event.received_at,
    )


if __name__ == "__main__":
    asyncio.run(consume(load_settings()))
