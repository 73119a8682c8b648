"""The videos service, in the gateway or alone."""

from fastapi import APIRouter, FastAPI

from api.factory import Dependency, Service, create_app
from api.videos import import_routes, live_routes, routes
from api.videos.desk import open_desk
from core.settings import load_settings

router = APIRouter()
router.include_router(import_routes.router)
router.include_router(live_routes.router)
router.include_router(routes.router)

SERVICE = Service(
    name="videos",
    router=router,
    needs=frozenset({Dependency.DATABASE}),
    uses=frozenset({Dependency.BROKER, Dependency.REDIS}),
    opens=open_desk,
)


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
