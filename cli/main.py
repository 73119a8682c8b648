"""The `edutrack` command. One file per noun; heavy imports wait until a command runs."""

import sys

import typer

from cli import db, queues, rows, seed, stack, worker
from core.errors import EduTrackError
from core.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="True watch time and attendance."
)
app.add_typer(db.app, name="db")
app.add_typer(worker.app, name="worker")
for noun in (stack, queues, rows, seed):
    noun.register(app)


def main() -> None:
    """Run a command; what a person can mend is said in one line, everything else keeps its traceback."""
    try:
        app()
    except (SettingsError, EduTrackError) as error:
        typer.echo(f"edutrack: {error}", err=True)
        sys.exit(2)
