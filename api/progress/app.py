"""The progress service, in the gateway or alone."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.broker import watching
from api.factory import Dependency, Service, create_app
from api.progress import queries
from api.progress.known_videos import KnownVideos
from api.progress.routes import router
from api.progress.service import Desk
from api.state import State
from core.settings import load_settings
from events.flow import FlowMeter
from events.publisher import Publisher
from events.replies import Replies


@asynccontextmanager
async def open_desk(state: State) -> AsyncIterator[Desk]:
    """Open what accepting events takes. Waits for nothing that is away."""

    async def find(video_ids: Collection[int]) -> set[int]:
        async with state.transaction() as session:
            return await queries.existing_videos(session, video_ids)

    url = state.settings.amqp_url.get_secret_value()
    meter = FlowMeter(state.redis)
    replies = Replies(url)
    publisher = Publisher(url, lambda: replies.queue_name, meter)
    async with watching(state):
        for part in (meter, replies, publisher):
            await part.start()
        try:
            yield Desk(publisher, replies, KnownVideos(find, state.clock), state.policy, state.clock)
        finally:
            for part in (publisher, replies, meter):
                await part.stop()


SERVICE = Service(
    name="progress",
    router=router,
    needs=frozenset({Dependency.BROKER}),
    uses=frozenset({Dependency.DATABASE, Dependency.REDIS, Dependency.PROGRESS_WORKERS}),
    opens=open_desk,
)


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
