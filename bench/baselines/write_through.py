"""An endpoint that commits every event before it answers: asynchronous, pooled, statements prepared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from fastapi import FastAPI

from bench.baselines.contract import Accepted, CurrentUser, Event
from bench.baselines.statements import HEARTBEAT, PAUSE, PLAY, Row, make_pool, store
from core.security import Tokens
from core.settings import Settings

CONNECTIONS = 16
KINDS = {"pause": PAUSE, "heartbeat": HEARTBEAT, "play": PLAY}


def app(settings: Settings) -> FastAPI:
    """Return the application."""
    url = settings.database_url.get_secret_value().replace("+asyncpg", "")

    @asynccontextmanager
    async def lifespan(api: FastAPI) -> AsyncIterator[None]:
        async with await make_pool(url, CONNECTIONS) as api.state.pool:
            yield

    api = FastAPI(lifespan=lifespan)
    api.state.tokens = Tokens.from_settings(settings)

    @api.post("/progress", status_code=202)
    async def report(event: Event, user: CurrentUser) -> Accepted:
        row = row_of(event, user.user_id)
        await store(api.state.pool, row)
        return Accepted(event_id=row.event_id)

    return api


def row_of(event: Event, user_id: int) -> Row:
    """Return the event as the log has it. The benchmarks send instants."""
    return Row(
        user_id=user_id,
        event_id=event.event_id or uuid4(),
        video_id=event.video_id,
        session_id=event.session_id or "",
        kind=KINDS[event.kind or "play"],
        at=datetime.fromisoformat(event.occurred_at or ""),
        claimed_seconds=event.watchtime_seconds,
        position_seconds=event.position_seconds,
        playback_rate=event.playback_rate,
        received_at=datetime.now(UTC),
    )
