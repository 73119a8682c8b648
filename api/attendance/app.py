"""The attendance service, in the gateway or alone."""

from fastapi import APIRouter, FastAPI

from api.attendance import (
    calendar_routes,
    course_routes,
    day_routes,
    explain_routes,
    report_routes,
    routes,
    rule_routes,
)
from api.factory import Dependency, Service, create_app
from core.settings import load_settings

router = APIRouter()
router.include_router(routes.router)
router.include_router(report_routes.router)
router.include_router(explain_routes.router)  # before days: `explain` is none
router.include_router(day_routes.router)
router.include_router(course_routes.router)
router.include_router(rule_routes.router)
router.include_router(calendar_routes.router)

SERVICE = Service(name="attendance", router=router, needs=frozenset({Dependency.DATABASE}))


def app() -> FastAPI:
    """Return the service alone; for an ASGI server's factory mode."""
    return create_app(load_settings(), SERVICE)
