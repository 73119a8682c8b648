"""The `edutrack` command. One file per noun; heavy imports wait until a command runs."""

import sys

import typer

from cli import (
    api,
    course,
    day_close,
    db,
    dead_letters,
    explain,
    export,
    imports,
    prune,
    queues,
    roster,
    rows,
    rule,
    seed,
    simulate,
    stack,
    user,
    worker,
)
from core.errors import EduTrackError
from core.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="True watch time and attendance."
)
for name, group in (
    ("db", db),
    ("worker", worker),
    ("user", user),
    ("course", course),
    ("rule", rule),
    ("roster", roster),
    ("export", export),
    ("dead-letters", dead_letters),
):
    app.add_typer(group.app, name=name)
for noun in (stack, api, imports, queues, rows, day_close, explain, prune, seed, simulate):
    noun.register(app)


def main() -> None:
    """Run a command; what a person can mend is said in one line, everything else keeps its traceback."""
    try:
        app()
    except (SettingsError, EduTrackError) as error:
        typer.echo(f"edutrack: {error}", err=True)
        sys.exit(2)
