"""`edutrack dead-letters`: what could not be applied, and what becomes of it."""

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.database import reached
from events.boxes import Box

if TYPE_CHECKING:
    from events.dead_letters import Actor, DeadLetters, Done
    from events.letters import Letter

app = typer.Typer(no_args_is_help=True, help="What could not be applied: look at it, send it back, drop it.")

_Result = TypeVar("_Result")

Id = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]
Queue = Annotated[Box, typer.Option("--queue", help="Whose dead letters.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("list")
def list_(queue: Queue = Box.PROGRESS, as_json: AsJson = False) -> None:
    """List the letters, in the order in which they were set aside."""
    seen = _visit(lambda letters: letters.look(queue))
    if as_json:
        typer.echo(json.dumps([_fields(letter) for letter in seen.letters]))
        return
    for letter in seen.letters:
        typer.echo(_line(letter))
    if len(seen.letters) < seen.total:
        typer.echo(f"The oldest {len(seen.letters)} are shown.")
    typer.echo(f"{_counted(seen.total)} in {queue.queue.name}.")


@app.command()
def show(letter_id: Id, queue: Queue = Box.PROGRESS) -> None:
    """Show one letter and what is in it."""
    opened = _visit(lambda letters: letters.open(queue, letter_id))
    fields = _fields(opened.letter) | {"contents": opened.events, "body": opened.body}
    typer.echo(json.dumps(fields, indent=2))


@app.command()
def replay(
    letter_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="As `list` shows it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are there now.")] = False,
    queue: Queue = Box.PROGRESS,
    dry_run: DryRun = False,
) -> None:
    """Send letters back to the queue they came from. An event that was applied meanwhile changes nothing."""
    if everything == (letter_id is not None):
        raise typer.BadParameter("give the ID of a letter, or --all")
    done = _visit(lambda letters: letters.replay(queue, _actor(), letter_id, dry_run=dry_run))
    _report(done, "Would be sent" if dry_run else "Sent", f"back to {queue.origin.name}")


@app.command()
def drop(
    letter_id: Id,
    yes: Annotated[bool, typer.Option("--yes", help="It is meant: the letter is gone for good.")] = False,
    queue: Queue = Box.PROGRESS,
    dry_run: DryRun = False,
) -> None:
    """Throw a letter away for good. What remains is who did it, its reason, size and SHA-256."""
    if not (yes or dry_run):
        raise typer.BadParameter("a dropped letter cannot be brought back: confirm with --yes")
    done = _visit(lambda letters: letters.drop(queue, _actor(), letter_id, dry_run=dry_run))
    _report(done, "Would be dropped" if dry_run else "Dropped", f"from {queue.queue.name}")


def _visit(work: "Callable[[DeadLetters], Awaitable[_Result]]") -> _Result:
    return asyncio.run(_connected(work))


async def _connected(work: "Callable[[DeadLetters], Awaitable[_Result]]") -> _Result:
    from events.dead_letters import DeadLetters
    from events.visit import COMMAND

    async with reached("edutrack-dead-letters") as (sessions, settings):
        return await work(DeadLetters(settings.amqp_url.get_secret_value(), sessions.begin, COMMAND))


def _actor() -> "Actor":
    from events.dead_letters import Actor

    return Actor(os_user=getpass.getuser())


def _report(done: "Done", what: str, where: str) -> None:
    for letter in done.letters:
        typer.echo(_line(letter))
    typer.echo(f"{what} {where}: {_counted(len(done.letters))}. Left: {done.left}.")


def _line(letter: "Letter") -> str:
    seen = "an unknown time" if letter.first_seen is None else f"{letter.first_seen:%Y-%m-%d %H:%M:%S %Z}"
    held = f"{letter.size} bytes" if letter.events is None else f"events: {letter.events}"
    return f"{letter.id}  {seen}  {held}  {letter.reason}"


def _fields(letter: "Letter") -> dict[str, Any]:
    first_seen = letter.first_seen and letter.first_seen.isoformat()
    return asdict(letter) | {"first_seen": first_seen}


def _counted(letters: int) -> str:
    return "1 dead letter" if letters == 1 else f"{letters} dead letters"
