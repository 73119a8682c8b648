"""The ops service, in the gateway or alone."""

from fastapi import FastAPI

from api.broker import watching
from api.factory import Dependency, Service, create_app
from api.ops.routes import router
from core.settings import load_settings

SERVICE = Service(
    name="ops",
    router=router,
    needs=frozenset({Dependency.DATABASE, Dependency.BROKER}),
    uses=frozenset({Dependency.REDIS}),
    opens=watching,
)


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
