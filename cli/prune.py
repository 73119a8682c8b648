"""`edutrack prune`: the event log of days long past goes, their rows stay."""

import asyncio
from datetime import date, datetime
from typing import Annotated

import typer

from cli.bar import bar
from cli.database import reached


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prune)


def prune(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Remove what happened on days before this date.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it, for good.")] = False,
) -> None:
    """Remove the event log of days before a date, while everything runs. Their rows stay as they are.

    Removed days can be neither verified nor rebuilt any more, and no event of theirs is taken.
    """
    if dry_run == yes:
        raise typer.BadParameter("say --dry-run to count what would go, or --yes to remove it for good")
    events = asyncio.run(_prune(before.date(), for_good=yes))
    kept = "the 48 hours before it are kept"
    if yes:
        typer.echo(f"Removed {events} events; the log now begins with {before.date()}, and {kept}.")
    else:
        typer.echo(f"{events} events would be removed from the log of days before {before.date()}; {kept}.")


async def _prune(before: date, *, for_good: bool) -> int:
    from workers.watch_time.prune import preview, prune
    from workers.watch_time.scope import survey

    events = 0
    async with reached("edutrack-prune") as (sessions, settings):
        total = (await survey(sessions)).users
        work = prune if for_good else preview
        with bar("users pruned" if for_good else "users counted", total) as advance:
            async for removal in work(sessions, settings.policy, before):
                events += removal.events
                advance(removal.users)
    return events
