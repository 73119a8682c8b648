"""`edutrack seed`: something to look at."""

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
    from cli.database import in_transaction
    from cli.demo.accounts import accounts_file, publish_accounts
    from cli.demo.load import load_demo
    from core.security import Passwords
    from core.settings import load_settings

    path, passwords = accounts_file(load_settings().home), Passwords()
    loaded = in_transaction(lambda session: load_demo(session, path, passwords.hash))
    publish_accounts(path)
    _report(loaded, path)


def _report(loaded: "Loaded", path: "Path") -> None:
    """Show new passwords to a person at a terminal only: what is printed elsewhere ends in a log."""
    typer.echo(f"{loaded.courses} courses and {len(loaded.new_accounts)} accounts added.")
    if sys.stdout.isatty():
        for account in loaded.new_accounts:
            typer.echo(f"  {account.role:<8} {account.username:<12} {account.password}")
    typer.echo(f"Who can sign in stands in {path}.")
