"""`edutrack api`: the HTTP edge."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.factory import Service as ApiService


class Service(StrEnum):
    """What one process serves."""

    GATEWAY = "gateway"
    AUTH = "auth"
    COURSES = "courses"
    VIDEOS = "videos"
    PROGRESS = "progress"
    ATTENDANCE = "attendance"
    ROSTERS = "rosters"
    OPS = "ops"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(api)


def api(
    service: Annotated[
        Service, typer.Option(help="What to serve; the gateway is all of it.")
    ] = Service.GATEWAY,
    fd: Annotated[
        int | None, typer.Option(help="A listening socket that was inherited, instead of host and port.")
    ] = None,
) -> None:
    """Serve the API until SIGTERM or Ctrl-C."""
    from api.server import run
    from core.settings import load_settings

    run(load_settings(), _services(service), fd)


def _services(service: Service) -> "Sequence[ApiService]":
    from importlib import import_module

    module = import_module(f"api.{service}.app")
    services: Sequence[ApiService] = module.SERVICES if service is Service.GATEWAY else (module.SERVICE,)
    return services
