"""`edutrack close-day`: what the scheduler does by itself, by hand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import reached

if TYPE_CHECKING:
    from workers.day_close.close import Closed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close-day")(close_day)


def close_day(
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Only this one; closed days are closed anew."),
    ] = None,
) -> None:
    """Close every day that is final and not closed yet, or one by the calendar as it is now.

    Who was expected and watched nothing is absent then. No watch time changes.
    """
    asyncio.run(_close(day))


async def _close(day: datetime | None) -> None:
    closed = 0
    async for found in _closing(day):
        typer.echo(f"{found.date}: {found.expected} students were expected.")
        closed += 1
    if not closed:
        typer.echo("Every day that is final is closed.")


async def _closing(day: datetime | None) -> "AsyncIterator[Closed]":
    from workers.day_close.close import close_again, close_due

    async with reached("edutrack-close-day") as (sessions, settings):
        if day is not None:
            yield await close_again(sessions, settings.policy, day.date())
            return
        async for found in close_due(sessions, settings.policy):
            yield found
