"""`edutrack rebuild` and `edutrack verify`: the rows against the log they come from."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from cli.bar import bar
from cli.database import reached

if TYPE_CHECKING:
    from workers.watch_time.rebuild import Difference
    from workers.watch_time.scope import Scope, Survey

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
    looked_at, differences = asyncio.run(_verify(_scope(user, first, last), quiet=as_json))
    boundary = looked_at.boundary
    if as_json:
        report = {
            "users": looked_at.users,
            "pruned_before": boundary.before if boundary else None,
            "differences": msgspec.to_builtins(differences, builtin_types=(date, datetime, timedelta)),
        }
        typer.echo(json.dumps(report, default=str))
        raise typer.Exit(1 if differences else 0)
    if boundary:
        typer.echo(f"The log is pruned: rows of days before {boundary.before} were left alone.", err=True)
    if not differences:
        typer.echo("Every row is what the event log says.")
        return
    typer.echo(f"{len(differences)} rows differ; `edutrack rebuild` mends them.", err=True)
    raise typer.Exit(1)


def _scope(user: list[int] | None, first: datetime | None, last: datetime | None) -> "Scope":
    from workers.watch_time.scope import Scope

    if first and last and last < first:
        raise typer.BadParameter("--to is earlier than --from")
    return Scope(user or (), first.date() if first else date.min, last.date() if last else date.max)


async def _rebuild(scope: "Scope") -> None:
    from workers.watch_time.rebuild import rebuild
    from workers.watch_time.scope import survey

    async with reached("edutrack-rebuild") as (sessions, settings):
        found = await survey(sessions, scope)
        await _count(rebuild(sessions, settings.policy, scope), found.users)
    if found.boundary:
        typer.echo(f"The log is pruned: rows of days before {found.boundary.before} were left alone.")


async def _adopt_policy() -> None:
    from workers.watch_time.rebuild import adopt_policy
    from workers.watch_time.scope import survey

    async with reached("edutrack-rebuild") as (sessions, settings):
        found = await survey(sessions)
        await _count(adopt_policy(sessions, settings.policy), found.users)
    typer.echo("The policy is adopted; restart API and workers.")
    if found.boundary:
        typer.echo(f"The log is pruned: days before {found.boundary.before} keep the rows of the old policy.")


async def _count(portions: AsyncIterator[int], total: int) -> None:
    with bar("users rebuilt", total) as advance:
        async for users in portions:
            advance(users)


async def _verify(scope: "Scope", *, quiet: bool) -> "tuple[Survey, list[Difference]]":
    from workers.watch_time.rebuild import verify
    from workers.watch_time.scope import survey

    found = []
    async with reached("edutrack-verify") as (sessions, settings):
        looked_at = await survey(sessions, scope)
        with bar("users compared", looked_at.users) as advance:
            async for users, differences in verify(sessions, settings.policy, scope):
                advance(users)
                found += differences
                for difference in differences if not quiet else ():
                    typer.echo(
                        f"user {difference.user_id} {difference.table} {difference.key}: "
                        f"stored {difference.stored}, log says {difference.folded}"
                    )
    return looked_at, found
