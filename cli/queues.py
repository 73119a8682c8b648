"""`edutrack queues`: what waits, and how fast it moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from rich.table import Table

    from core.settings import Settings
    from events.queues import QueueState

REFRESH_SECONDS = 2
COUNT_SECONDS = 1
"""Over which one look counts what moves."""


class Seen(NamedTuple):
    """What a look showed, and why RabbitMQ told no more of it."""

    states: "Sequence[QueueState]"
    missing: str | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(queues)


def queues(
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 2 seconds, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array a look.")] = False,
) -> None:
    """Show every queue: messages ready and unacknowledged, consumers, rates a second, age of the oldest."""
    from core.settings import load_settings

    settings = load_settings()
    try:
        asyncio.run(_watch(settings, as_json=as_json) if watch else _once(settings, as_json=as_json))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _once(settings: "Settings", *, as_json: bool) -> None:
    from rich.console import Console

    seen = await anext(_looks(settings))
    if as_json:
        typer.echo(json.dumps(_as_json(seen)))
    else:
        Console().print(_table(seen))


async def _watch(settings: "Settings", *, as_json: bool) -> None:
    from rich.live import Live

    looks = _looks(settings)
    if as_json:
        async for seen in looks:
            typer.echo(json.dumps(_as_json(seen)))
        return
    with Live(_table(await anext(looks)), auto_refresh=False) as live:
        async for seen in looks:
            live.update(_table(seen), refresh=True)


async def _looks(settings: "Settings") -> "AsyncIterator[Seen]":
    from events.broker_metrics import BrokerMetrics, http_client
    from events.queues import with_traffic

    nodes = settings.rabbitmq_metrics_urls
    metrics = BrokerMetrics(settings.amqp_url.get_secret_value(), nodes)
    async with http_client() as http:
        await metrics.ask(http)
        await asyncio.sleep(COUNT_SECONDS if nodes else 0)
        while True:
            await metrics.ask(http)
            yield Seen(with_traffic(await _look(settings), metrics), metrics.missing)
            await asyncio.sleep(REFRESH_SECONDS)


async def _look(settings: "Settings") -> "Sequence[QueueState]":
    from redis.asyncio import Redis

    from events.declare import declare_topology
    from events.link import LOST, open_connection
    from events.queues import look, with_flow

    url = settings.amqp_url.get_secret_value()
    try:
        async with (
            await open_connection(url, "edutrack queues") as connection,
            connection.channel() as channel,
        ):
            await declare_topology(channel)
            states = await look(channel)
    except LOST as error:
        raise Unavailable(f"the broker does not answer ({type(error).__name__}): is the stack up?") from None
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        return await with_flow(states, redis)


def _as_json(seen: Seen) -> list[dict[str, object]]:
    from events.queues import as_fields

    return [as_fields(state) for state in seen.states]


def _table(seen: Seen) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    names = ("ready", "unacked", "consumers", "in/s", "out/s", "oldest")
    table = Table(Column("queue", no_wrap=True), *names, box=SIMPLE_HEAD, pad_edge=False)
    if seen.missing:
        table.caption = f"For what is blank, {seen.missing}"
    for column in table.columns[1:]:
        column.justify = "right"
    for state in _as_json(seen):
        age = state["oldest_seconds"]
        cells = [state[name] for name in ("ready", "unacked", "consumers", "in_rate", "out_rate")]
        table.add_row(
            str(state["name"]),
            *("" if cell is None else str(cell) for cell in cells),
            "" if age is None else f"{age} s",
        )
    return table
