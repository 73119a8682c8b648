"""`edutrack seed`: something to look at."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from cli.demo.load import Loaded


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(seed)


def seed(
    demo: Annotated[
        bool, typer.Option("--demo", help="Demo courses, and accounts with random passwords.")
    ] = False,
) -> None:
    """Load data; what is there already stays as it is."""
    if not demo:
        raise typer.BadParameter("say what to load: --demo")
    asyncio.run(_load())


async def _load() -> None:
    """Load the demonstration; outside production with a past, for which rows of people are made up."""
    from cli.database import reached
    from cli.demo.accounts import accounts_file, publish_accounts
    from cli.demo.history import first_instant, tell_past
    from cli.demo.load import load_demo
    from core.security import Passwords

    passwords = Passwords()
    async with reached("edutrack-seed") as (sessions, settings):
        path, has_past = accounts_file(settings.home), settings.env == "development"
        began_at = first_instant(settings.policy) if has_past else None
        async with sessions.begin() as session:
            loaded = await load_demo(session, path, passwords.hash, began_at=began_at)
        if has_past:
            await tell_past(sessions, settings.policy)
    publish_accounts(path)
    _report(loaded, path)


def _report(loaded: "Loaded", path: "Path") -> None:
    """Show new passwords to a person at a terminal only: what is printed elsewhere ends in a log."""
    typer.echo(f"{loaded.courses} courses and {len(loaded.new_accounts)} accounts added.")
    if sys.stdout.isatty():
        for account in loaded.new_accounts:
            typer.echo(f"  {account.role:<8} {account.username:<12} {account.password}")
    typer.echo(f"Who can sign in stands in {path}.")
