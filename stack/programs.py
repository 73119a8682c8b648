"""Our own processes, as supervisor runs them."""

import sys
from pathlib import Path

from core.settings import StackSettings
from stack.program import Group, Program

API = "api"
WORKERS = ("progress", "imports", "scheduler")


def edutrack(*arguments: str) -> tuple[str, ...]:
    """Return an `edutrack` command of this very installation."""
    return (str(Path(sys.executable).with_name("edutrack")), *arguments)


def our_programs(settings: StackSettings) -> list[Program]:
    """Return the gateway and the workers; all of them wait for servers that are not there yet."""
    processes = {"progress": settings.progress_workers}
    workers = [
        Program(name, Group.WORKERS, edutrack("worker", name), processes=processes.get(name, 1))
        for name in WORKERS
    ]
    return [_gateway(settings), *workers]


def _gateway(settings: StackSettings) -> Program:
    """Several processes share one listening socket, which supervisor holds."""
    if settings.api_processes == 1:
        return Program(API, Group.GATEWAY, edutrack("api"))
    return Program(
        API,
        Group.GATEWAY,
        edutrack("api", "--fd", "0"),
        processes=settings.api_processes,
        socket=f"{settings.host}:{settings.port}",
    )
