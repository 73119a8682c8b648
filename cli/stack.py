"""`edutrack up`, `down` and `status`: everything on one machine."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Part(StrEnum):
    """What can be held away by itself."""

    POSTGRES = "postgres"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"
    API = "api"
    PROGRESS = "progress"
    IMPORTS = "imports"
    SCHEDULER = "scheduler"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    part: Annotated[Part | None, typer.Argument(help="Only bring back what `down PART` holds away.")] = None,
) -> None:
    """Run everything on this machine in the foreground, until Ctrl-C."""
    if part is None:
        from stack.up import load_stack_settings, up

        raise typer.Exit(up(load_stack_settings()))
    from stack.parts import release

    with _running_stack() as home:
        release(home, part)
    typer.echo(f"{part} is up.")


def down(
    part: Annotated[Part | None, typer.Argument(help="Hold only this away, until `up PART`.")] = None,
) -> None:
    """Stop the stack that runs in EDUTRACK_HOME, and wait until it has stopped."""
    from stack.parts import hold, stop

    with _running_stack() as home:
        if part is None:
            stop(home)
        else:
            hold(home, part)
    if part is None:
        typer.echo("EduTrack is stopped.")
    else:
        typer.echo(f"{part} is down until `edutrack up {part}`.")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what runs where; exit with 1 if no stack runs."""
    from stack.parts import status

    with _running_stack() as home:
        found = status(home)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, pids in found.pop("workers").items():
        typer.echo(f"{name:<10} {_listed(pids)}")
    for name, part in found.items():
        typer.echo(f"{name:<10} {_listed(_pids_of(part)):<16} {_shown(part['url'])}")


def _pids_of(part: Mapping[str, Any]) -> list[int]:
    return part["pids"] if "pids" in part else [pid for pid in [part["pid"]] if pid]


def _listed(pids: list[int]) -> str:
    return " ".join(map(str, pids)) or "-"


def _shown(url: str | None) -> str:
    """Leave out user and password: a person has no use for them on the screen."""
    scheme, _, rest = (url or "").partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if url else ""


@contextmanager
def _running_stack() -> Iterator[Path]:
    """Hand out the home; that nothing runs in it is an answer, not a failure."""
    from core.settings import HomeSettings
    from stack.state import NotRunning

    try:
        yield HomeSettings().home
    except NotRunning as none:
        typer.echo(none.detail, err=True)
        raise typer.Exit(1) from None
