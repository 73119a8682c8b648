"""What the videos service keeps while its process runs: the way to the import workers, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from api.broker import watching
from api.state import State
from api.videos.changes import LISTENING, Changes
from api.videos.streams import STREAMS, Streams
from core.imports.live import announce
from events.tasks import IMPORT_PLAYLIST, TaskSender


@dataclass(frozen=True, slots=True)
class ImportDesk:
    """Where imports leave for the workers, and are watched."""

    sender: TaskSender
    redis: Redis
    streams: Streams

    async def start(self, import_id: int) -> None:
        """Tell the workers and whoever watches of an import that is queued; call it after the commit.

        Waits some seconds for a broker that is away, and then leaves it to the schedule.
        """
        await asyncio.gather(self.tell(import_id), self.sender.send(IMPORT_PLAYLIST, import_id))

    async def tell(self, import_id: int) -> None:
        """Tell whoever watches that an import has changed; call it after the commit."""
        await announce(self.redis, import_id)


@asynccontextmanager
async def open_desk(state: State) -> AsyncIterator[ImportDesk]:
    """Open what imports take. Waits for nothing that is away."""
    sender = TaskSender(state.settings.amqp_url.get_secret_value())
    changes = Changes(state.redis, LISTENING)
    streams = Streams(changes, state.clock, STREAMS)
    state.on_shutdown.append(streams.end)
    changes.start()
    async with watching(state):
        try:
            yield ImportDesk(sender, state.redis, streams)
        finally:
            streams.end()
            await changes.stop()
            sender.close()
