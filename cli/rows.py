"""`edutrack rebuild` and `edutrack verify`: the rows against the log they come from."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import reached

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from workers.watch_time.rebuild import Difference
    from workers.watch_time.scope import Scope

DATE = "%Y-%m-%d"
Users = Annotated[list[int] | None, typer.Option("--user", help="Only this user's id; may be repeated.")]
First = Annotated[datetime | None, typer.Option("--from", formats=[DATE], help="Only this date and later.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=[DATE], help="Only this date and earlier.")]


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(rebuild)
    app.command()(verify)


def rebuild(
    user: Users = None,
    first: First = None,
    last: Last = None,
    policy: Annotated[
        bool, typer.Option("--policy", help="Adopt the settings' policy for all rows.")
    ] = False,
) -> None:
    """Compute rows anew from the event log, while everything runs: all, or those of some users or dates."""
    if policy and (user or first or last):
        raise typer.BadParameter("--policy is for all rows; leave --user, --from and --to out")
    asyncio.run(_adopt_policy() if policy else _rebuild(_scope(user, first, last)))


def verify(
    user: Users = None,
    first: First = None,
    last: Last = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of sentences.")] = False,
) -> None:
    """Compare rows with what the event log says; exit with 1 if any differs."""
    users, differences = asyncio.run(_verify(_scope(user, first, last), quiet=as_json))
    if as_json:
        found = [asdict(difference) for difference in differences]
        typer.echo(json.dumps({"users": users, "differences": found}, default=str))
    elif differences:
        typer.echo(f"{len(differences)} rows differ; `edutrack rebuild` mends them.", err=True)
    else:
        typer.echo("Every row is what the event log says.")
    if differences:
        raise typer.Exit(1)


def _scope(user: list[int] | None, first: datetime | None, last: datetime | None) -> "Scope":
    from workers.watch_time.scope import Scope

    if first and last and last < first:
        raise typer.BadParameter("--to is earlier than --from")
    return Scope(user or (), first.date() if first else date.min, last.date() if last else date.max)


async def _rebuild(scope: "Scope") -> None:
    from workers.watch_time.rebuild import rebuild
    from workers.watch_time.scope import how_many_users

    async with reached("edutrack-rebuild") as (sessions, settings):
        total = await how_many_users(sessions, scope)
        await _count(rebuild(sessions, settings.policy, scope), total)


async def _adopt_policy() -> None:
    from workers.watch_time.rebuild import adopt_policy
    from workers.watch_time.scope import EVERYTHING, how_many_users

    async with reached("edutrack-rebuild") as (sessions, settings):
        total = await how_many_users(sessions, EVERYTHING)
        await _count(adopt_policy(sessions, settings.policy), total)
    typer.echo("The policy is adopted; restart API and workers.")


async def _count(portions: AsyncIterator[int], total: int) -> None:
    with _bar("users rebuilt", total) as (bar, task):
        async for users in portions:
            bar.advance(task, users)


async def _verify(scope: "Scope", *, quiet: bool) -> "tuple[int, list[Difference]]":
    from workers.watch_time.rebuild import verify
    from workers.watch_time.scope import how_many_users

    compared, found = 0, []
    async with reached("edutrack-verify") as (sessions, settings):
        total = await how_many_users(sessions, scope)
        with _bar("users compared", total) as (bar, task):
            async for users, differences in verify(sessions, settings.policy, scope):
                bar.advance(task, users)
                compared += users
                found += differences
                for difference in differences if not quiet else ():
                    typer.echo(
                        f"user {difference.user_id} {difference.table} {difference.key}: "
                        f"stored {difference.stored}, log says {difference.folded}"
                    )
    return compared, found


@contextmanager
def _bar(label: str, total: int) -> "Iterator[tuple[Progress, TaskID]]":
    """Show progress beside the output, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as bar:
        yield bar, bar.add_task(label, total=total)
