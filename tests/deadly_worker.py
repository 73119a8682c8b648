"""A worker that dies of one event: `python -m tests.deadly_worker AMQP_URL EVENT_ID`; prints what it applied."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from uuid import UUID

from events.consumer import Consumer
from events.schemas import Applied, Event
from events.sender import Sender


async def work(url: str, deadly: UUID) -> None:
    async def handle(events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        if any(event.event_id == deadly for event in events):
            os._exit(1)
        for event in events:
            print(event.event_id, flush=True)  # noqa: T201 - the test reads it
        return [Applied(event_id=e.event_id, user_id=e.user_id, outcome="applied") for e in events]

    sender = Sender(url)
    await sender.start()
    consumer = Consumer(url, handle, sender)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, consumer.stop)
    await consumer.run()
    await sender.stop()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], UUID(sys.argv[2])))
