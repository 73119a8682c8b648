"""The progress service, in the gateway or alone."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI

from api.broker import watching
from api.factory import Dependency, Service, create_app
from api.progress import queries
from api.progress.known_videos import KnownVideos
from api.progress.roads import ROADS
from api.progress.routes import router
from api.progress.service import Desk
from api.state import EDGE, State
from core.database import SILENT_MS, close, make_engine, make_sessions
from core.settings import load_settings
from events.acceptance import Acceptance
from events.flow import FlowMeter
from events.outbox import OUTBOX, Outbox
from events.publisher import Publisher
from events.replies import Replies

CONNECTIONS = 3


@asynccontextmanager
async def open_desk(state: State) -> AsyncIterator[Desk]:
    """Open what accepting events takes. Waits for nothing that is away."""
    # Connections of its own: what accepts events does not queue behind those who read.
    engine = make_engine(
        state.settings, pool_size=CONNECTIONS, application="edutrack-progress-desk", silent_ms=SILENT_MS
    )
    sessions = make_sessions(engine)

    async def find(video_ids: Collection[int] | None) -> set[int]:
        async with asyncio.timeout(EDGE.database.total_seconds()), sessions.begin() as session:
            return await queries.existing_videos(session, video_ids)

    videos = KnownVideos(find, state.clock)
    url = state.settings.amqp_url.get_secret_value()
    meter = FlowMeter(state.redis)
    replies = Replies(url)
    publisher = Publisher(url, lambda: replies.queue_name, meter)
    acceptance = Acceptance(publisher, Outbox(sessions, replace(OUTBOX, events=state.settings.outbox_events)))
    async with watching(state):
        for part in (meter, replies, acceptance):
            await part.start()
        learning = asyncio.create_task(videos.keep_learning())
        try:
            yield Desk(acceptance, replies, videos, state.policy, state.clock)
        finally:
            learning.cancel()
            for part in (acceptance, replies, meter):
                await part.stop()
            await close(engine)


SERVICE = Service(
    name="progress",
    router=router,
    roads=ROADS,
    needs=frozenset(),
    needs_one_of=frozenset({Dependency.BROKER, Dependency.DATABASE}),
    uses=frozenset({Dependency.REDIS, Dependency.PROGRESS_WORKERS}),
    opens=open_desk,
)


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
