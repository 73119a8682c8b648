"""`edutrack roster`: students and their courses, from a file."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from cli.files import unwritable
from core.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from core.database import Sessions
    from core.tables import Roster

app = typer.Typer(no_args_is_help=True, help="Students and their courses, from a file.")

LOOK_SECONDS = 0.2
LISTED_AT_MOST = 20


@app.command("import")
def import_roster(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV: username, email, course_id.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    encoding: Annotated[str | None, typer.Option(help="Where it is not UTF-8, such as windows-1252.")] = None,
) -> None:
    """Add the students of a file and give them their places; exit with 1 if some lines cannot be used."""
    from core.rosters.reading import read_sheet

    sheet = read_sheet(file.read_bytes(), encoding)
    for name in sheet.ignored_columns:
        typer.echo(f"The column {name} means nothing here.", err=True)
    done = asyncio.run(_import(sheet.text, sheet.count(), dry_run=dry_run))
    _report(done)
    if done.failed or done.status != "done":
        raise typer.Exit(1)


@app.command()
def passwords(
    file: Annotated[Path, typer.Argument(help="CSV to write; must not exist yet.")],
    course: Annotated[int | None, typer.Option(help="Of the students of this course alone.")] = None,
) -> None:
    """Give every student who has none a password, and write them down to be handed out."""
    given = asyncio.run(_give_passwords(file, course))
    typer.echo(f"{given} students have a password now; {file} is the only place where they can be read.")


async def _give_passwords(file: Path, course: int | None) -> int:
    """Write each down as soon as it holds: after a crash those in the file do."""
    import csv

    from api.auth import service
    from api.auth.handout import give_passwords
    from cli.bar import bar
    from cli.database import reached
    from core.security import Passwords

    hashing = Passwords()
    async with reached("edutrack-roster") as (sessions, _):
        async with sessions.begin() as session:
            students = await service.without_password(session, course)
        with _private(file) as opened, bar("Passwords", len(students)) as advance:
            lines = csv.writer(opened)
            lines.writerow(("username", "password"))
            async for username, password in give_passwords(sessions.begin, hashing, students):
                lines.writerow((username, password))
                opened.flush()
                advance(1)
    hashing.close()
    return len(students)


def _private(file: Path) -> TextIO:
    """Open a new file that nobody else can read.

    Raises:
        BadRequest: it cannot be written.
        Conflict: it exists.

    """
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="")
    except FileExistsError:
        raise Conflict(f"{file} exists: name another file, it would be lost") from None
    except OSError as error:
        raise unwritable(file, error) from error


async def _import(text: str, total: int, *, dry_run: bool) -> "Roster":
    """Queue a roster and work it off, unless the scheduler is already at it; return it when it has ended."""
    from cli.database import reached
    from core.database import make_engine
    from core.rosters import requests
    from core.rosters.reading import read_sheet

    async with reached("edutrack-roster") as (sessions, settings):
        async with sessions.begin() as session:
            added = await requests.add(
                session, read_sheet(text.encode()), total, dry_run=dry_run, requested_by=None
            )
        engine = make_engine(settings, pool_size=2, application="edutrack-roster")
        try:
            return await _watch(sessions, engine, added.id)
        finally:
            await engine.dispose()


async def _watch(sessions: "Sessions", engine: "AsyncEngine", roster_id: int) -> "Roster":
    from cli.bar import bar
    from core.rosters import requests
    from core.rosters.running import run_queued
    from core.tables import RosterStatus

    working = asyncio.create_task(run_queued(engine))
    shown = 0
    async with sessions.begin() as session:
        first = await requests.by_id(session, roster_id)
    assert first is not None, "it was just added"
    with bar("Lines", first.total) as advance:
        while True:
            async with sessions.begin() as session:
                now = await requests.by_id(session, roster_id)
            assert now is not None, "nobody removes rosters"
            advance(now.done - shown)
            shown = now.done
            if now.status != RosterStatus.QUEUED:
                await working
                return now
            if working.done():
                working.result()
                working = asyncio.create_task(run_queued(engine))
            await asyncio.sleep(LOOK_SECONDS)


def _report(done: "Roster") -> None:
    would = " (nothing was written)" if done.dry_run else ""
    typer.echo(
        f"{done.total} lines: {done.created} created, {done.updated} updated, {done.unchanged} unchanged, "
        f"{done.failed} failed{would}."
    )
    for error in done.errors[:LISTED_AT_MOST]:
        typer.echo(f"line {error['line']}\t{error['column']}\t{error['reason']}")
    more = done.failed - LISTED_AT_MOST
    if more > 0:
        typer.echo(f"and {more} more: GET /rosters/{done.id} lists the first 1,000")
