"""Making an application of one service, or of several."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp

from api.errors import handle_errors
from api.fast import FastRoads
from api.health import health_router
from api.middleware import Edge
from api.openapi import document
from api.start import policy_held
from api.state import Dependency, Service, open_state
from api.traffic import LIMITS, Traffic
from core.clock import Clock, utc_now
from core.settings import Settings

__all__ = ["Dependency", "Service", "create_app"]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_EXPOSED = ("Date", "ETag", "Link", "Location", "Preference-Applied", "Retry-After")
_ACCEPTED = (
    *("Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"),
    *("Last-Event-ID", "Prefer"),
)
_CORS_SECONDS = 3600


def create_app(settings: Settings, *services: Service, clock: Clock = utc_now) -> FastAPI:
    """Return an application that serves these services; its lifespan opens what they need.

    While it runs, `app.state.edutrack` is its `State`; `app.state.roads` is what a server may ask first.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_state(settings, services, clock) as state, policy_held(state):
            app.state.edutrack = state
            yield

    app = FastAPIOffline(  # its documentation pages load nothing from elsewhere
        title="EduTrack",
        summary="True watch time and attendance for course videos",
        version=version("edutrack"),
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.include_router(health_router(services))
    for service in services:
        app.include_router(service.router)
    handle_errors(app)
    traffic = Traffic(LIMITS)
    app.add_middleware(Edge, traffic=traffic)
    cors = _cross_origin(settings)
    if cors is not None:
        app.add_middleware(cors)
    roads = [road for service in services for road in service.roads]
    app.state.roads = FastRoads(app, roads, traffic, None if cors is None else cors(app))
    document(app)
    return app


def _cross_origin(settings: Settings) -> Callable[[ASGIApp], CORSMiddleware] | None:
    """Return what lets pages of other origins call; without cookies, which no API route reads."""
    if not settings.cors_origins:
        return None
    return partial(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=False,
        allow_methods=_METHODS,
        allow_headers=_ACCEPTED,
        expose_headers=_EXPOSED,
        max_age=_CORS_SECONDS,
    )
