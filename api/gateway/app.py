"""All services in one process: the default deployment."""

from fastapi import FastAPI

from api.attendance.app import SERVICE as ATTENDANCE
from api.auth.app import SERVICE as AUTH
from api.courses.app import SERVICE as COURSES
from api.factory import create_app
from api.ops.app import SERVICE as OPS
from api.progress.app import SERVICE as PROGRESS
from api.rosters.app import SERVICE as ROSTERS
from api.videos.app import SERVICE as VIDEOS
from core.settings import load_settings
from web.app import SERVICE as PAGES

ALONE = (AUTH, COURSES, VIDEOS, PROGRESS, ATTENDANCE, ROSTERS, OPS)
"""Those that can be deployed on their own as well."""

SERVICES = (*ALONE, PAGES)


def app() -> FastAPI:
    """Return the whole API; for an ASGI server's factory mode."""
    return create_app(load_settings(), *SERVICES)
