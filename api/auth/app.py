"""The auth service, in the gateway or alone."""

from fastapi import FastAPI

from api.auth.limits import open_limiter
from api.auth.routes import router
from api.factory import Dependency, Service, create_app
from core.settings import load_settings

SERVICE = Service(
    name="auth",
    router=router,
    needs=frozenset({Dependency.DATABASE}),
    uses=frozenset({Dependency.REDIS}),
    opens=open_limiter,
)


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
