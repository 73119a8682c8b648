"""An API process: a socket, an application and the server between them."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import uvicorn
import uvloop
from fastapi import FastAPI

from api.factory import Service, create_app
from api.protocol import http
from core.errors import EduTrackError
from core.garbage import collect_rarely
from core.logs import configure_logging
from core.metrics import serve_metrics
from core.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerPolicy:
    """How connections are kept and how long they have to end."""

    backlog: int = 2048
    keep_alive: timedelta = timedelta(seconds=65)
    """Longer than the minute after which common reverse proxies close idle connections themselves."""
    graceful: timedelta = timedelta(seconds=10)


SERVER = ServerPolicy()


class AddressTaken(EduTrackError):
    """The address to listen on cannot be had."""

    title = "The address cannot be had"


def run(settings: Settings, services: Sequence[Service], fd: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what runs. `fd` is a listening socket of the caller's.

    Raises:
        AddressTaken: the port, or that of the metrics, is taken.
        PolicyMismatch: the rows were computed under another policy.

    """
    configure_logging(settings)
    listening = socket.socket(fileno=fd) if fd is not None else listen(settings)
    _serve_metrics(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, services, listening))


async def _serve(settings: Settings, services: Sequence[Service], listening: socket.socket) -> None:
    """Open the application around the server, so that what it raises is not the server's to print."""
    app = create_app(settings, *services)
    server = Server(settings, app)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn takes signals while it serves and raises them anew afterwards: they must not kill us then.
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    async with app.router.lifespan_context(app):
        if not server.should_exit:
            names = ", ".join(service.name for service in services)
            log.info("serving %s on %s", names, _shown(listening))
            collect_rarely()
            await server.serve(sockets=[listening])


class Server(uvicorn.Server):
    """Tells answers that would go on for ever when it is time to end."""

    def __init__(self, settings: Settings, app: FastAPI) -> None:
        super().__init__(server_config(settings, app))
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and finish those that run."""
        for end in self._app.state.edutrack.on_shutdown:
            end()
        await super().shutdown(sockets)


def server_config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """Return how applications are served here; the caller opens their lifespan."""
    return uvicorn.Config(
        app,
        loop="none",
        http=http(app.state.roads),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # it prints queries, and with them tokens; `api.middleware` has its own
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        backlog=SERVER.backlog,
        timeout_keep_alive=int(SERVER.keep_alive.total_seconds()),
        timeout_graceful_shutdown=int(SERVER.graceful.total_seconds()),
    )


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket.

    Raises:
        AddressTaken: somebody else listens there.

    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=SERVER.backlog)
    except OSError as error:
        raise AddressTaken(
            f"cannot listen on {settings.host} port {settings.port} ({_reason(error)}): stop what listens "
            "there, or set EDUTRACK_HOST and EDUTRACK_PORT"
        ) from error


def _serve_metrics(settings: Settings) -> None:
    try:
        serve_metrics(settings)
    except OSError as error:
        raise AddressTaken(
            f"cannot listen on {settings.metrics_host} port {settings.metrics_port} ({_reason(error)}): "
            "set EDUTRACK_METRICS_PORT to a free one, or to 0"
        ) from error


def _reason(error: OSError) -> str:
    """Return the system's own words; asyncio and socket add the address once more."""
    return os.strerror(error.errno).lower() if error.errno else type(error).__name__


def _shown(listening: socket.socket) -> str:
    name = listening.getsockname()
    return f"http://{name[0]}:{name[1]}" if isinstance(name, tuple) else str(name)
