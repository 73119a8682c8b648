"""`edutrack queues`: what waits, and how fast it moves."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from rich.table import Table

    from core.settings import Settings
    from events.queues import QueueState

REFRESH_SECONDS = 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(queues)


def queues(
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 2 seconds, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array a look.")] = False,
) -> None:
    """Show every queue: messages ready and unacknowledged, consumers, events a second, age of the oldest."""
    from core.settings import load_settings

    settings = load_settings()
    try:
        asyncio.run(_watch(settings, as_json=as_json) if watch else _once(settings, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _once(settings: "Settings", *, as_json: bool) -> None:
    from rich.console import Console

    states = await _look(settings)
    if as_json:
        typer.echo(json.dumps(_as_json(states)))
    else:
        Console().print(_table(states))


async def _watch(settings: "Settings", *, as_json: bool) -> None:
    if as_json:
        while True:
            typer.echo(json.dumps(_as_json(await _look(settings))))
            await asyncio.sleep(REFRESH_SECONDS)
    from rich.live import Live

    with Live(_table(await _look(settings)), auto_refresh=False) as live:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            live.update(_table(await _look(settings)), refresh=True)


async def _look(settings: "Settings") -> "Sequence[QueueState]":
    from redis.asyncio import Redis

    from events.declare import declare_topology
    from events.link import LOST, open_connection
    from events.queues import look, with_flow

    url = settings.amqp_url.get_secret_value()
    try:
        async with await open_connection(url, "edutrack queues") as connection:
            async with connection.channel() as channel:
                await declare_topology(channel)
            states = await look(connection)
    except LOST as error:
        raise Unavailable(f"the broker does not answer ({type(error).__name__}): is the stack up?") from None
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        return await with_flow(states, redis)


def _as_json(states: "Sequence[QueueState]") -> list[dict[str, object]]:
    from events.queues import as_fields

    return [as_fields(state) for state in states]


def _table(states: "Sequence[QueueState]") -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    names = ("ready", "unacked", "consumers", "in/s", "out/s", "oldest")
    table = Table(Column("queue", no_wrap=True), *names, box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for state in _as_json(states):
        age = state["oldest_seconds"]
        cells = [state[name] for name in ("ready", "unacked", "consumers", "in_rate", "out_rate")]
        table.add_row(
            str(state["name"]),
            *("" if cell is None else str(cell) for cell in cells),
            "" if age is None else f"{age} s",
        )
    return table
