"""The auth service, in the gateway or alone."""

from fastapi import APIRouter, FastAPI

from api.auth import people_routes, routes
from api.auth.limits import open_limiter
from api.factory import Dependency, Service, create_app
from core.settings import load_settings

router = APIRouter()
router.include_router(routes.router)
router.include_router(people_routes.router)

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
