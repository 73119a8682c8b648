"""The rosters service, in the gateway or alone."""

from fastapi import FastAPI

from api.factory import Dependency, Service, create_app
from api.rosters.routes import router
from core.settings import load_settings

SERVICE = Service(name="rosters", router=router, needs=frozenset({Dependency.DATABASE}))


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
