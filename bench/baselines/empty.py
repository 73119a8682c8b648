"""An endpoint that checks token and body and stores nothing: what FastAPI costs by itself."""

from uuid import uuid4

from fastapi import FastAPI

from bench.baselines.contract import Accepted, CurrentUser, Event
from core.security import Tokens
from core.settings import Settings


def app(settings: Settings) -> FastAPI:
    """Return the application."""
    api = FastAPI()
    api.state.tokens = Tokens.from_settings(settings)

    @api.post("/progress", status_code=202)
    async def report(event: Event, _: CurrentUser) -> Accepted:
        return Accepted(event_id=event.event_id or uuid4())

    return api
