"""`edutrack import`: a playlist becomes a course, while one watches."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from api.videos.import_schemas import ImportAnswer
    from core.database import Sessions
    from core.settings import Settings

LOOK_SECONDS = 0.5
LISTED_AT_MOST = 20
INTERRUPTED = 130
GOES_ON = "The import goes on by itself; the same command watches it again."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_playlist)


def import_playlist(
    url: Annotated[str, typer.Argument(metavar="URL", help="A link to a playlist or a channel, or its id.")],
    wait: Annotated[bool, typer.Option(help="Stay until it has ended.")] = True,
) -> None:
    """Import a YouTube playlist as a course, or bring one up to date; exit with 1 if that fails."""
    try:
        ended = asyncio.run(_import(url, wait=wait))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if ended is not None and not _report(ended):
        raise typer.Exit(1)


async def _import(url: str, *, wait: bool) -> "ImportAnswer | None":
    """Request an import, and return it when it has ended."""
    from api.videos import import_service
    from cli.database import reached

    async with reached("edutrack-import") as (sessions, settings):
        async with sessions.begin() as session:
            course, row, is_new = await import_service.request(session, url, None)
        typer.echo(f"Import {row.id} fills course {course.id}.")
        try:
            if is_new:
                await _send(settings, row.id)
            return await _watch(sessions, row.id) if wait else None
        except asyncio.CancelledError:
            typer.echo(GOES_ON, err=True)
            raise


async def _send(settings: "Settings", import_id: int) -> None:
    from events.tasks import IMPORT_PLAYLIST, TaskSender

    sender = TaskSender(settings.amqp_url.get_secret_value())
    try:
        if not await sender.send(IMPORT_PLAYLIST, import_id):
            typer.echo("RabbitMQ is away: the scheduler sends the import on when it is back.", err=True)
    finally:
        sender.close()


async def _watch(sessions: "Sessions", import_id: int) -> "ImportAnswer":
    """Show how far an import is until it has ended."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from core.clock import utc_now

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = Bar(progress)
        while True:
            now = await _look(sessions, import_id)
            if now is not None:
                bar.show(now, utc_now())
                if not now.status.is_running:
                    return now
            await asyncio.sleep(LOOK_SECONDS)


async def _look(sessions: "Sessions", import_id: int) -> "ImportAnswer | None":
    """Return an import; None while the database is away."""
    from api.videos import import_service
    from core.database import is_away

    try:
        async with sessions.begin() as session:
            return await import_service.one(session, import_id)
    except Exception as error:
        if not is_away(error):
            raise
        return None


class Bar:
    """A bar that says what happens now, and why nothing does and how long."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._said: str | None = None

    def show(self, now: "ImportAnswer", at: datetime) -> None:
        """Show an import as it is at a time."""
        until = now.paused_until
        doing = next_try(until - at) if until else now.status.value
        self._progress.update(self._task, description=doing, completed=now.found, total=now.total)
        news = f"paused until {until.astimezone():%Y-%m-%d %H:%M:%S}: {now.reason}" if until else doing
        if news != self._said and (until or not self._progress.console.is_terminal):
            self._progress.console.print(news, markup=False, highlight=False)
        self._said = news


def next_try(wait: timedelta) -> str:
    """Say when an import that is paused goes on."""
    seconds = int(wait.total_seconds())
    return f"goes on in {timedelta(seconds=seconds)}" if seconds > 0 else "goes on any moment"


def _report(ended: "ImportAnswer") -> bool:
    """Say how an import ended, and return whether it ended well."""
    from core.tables import ImportStatus

    if ended.status not in {ImportStatus.DONE, ImportStatus.DONE_WITH_WARNINGS}:
        typer.echo(ended.reason or "It was cancelled.", err=True)
        return False
    title = ended.playlist_title or "The playlist"
    typer.echo(f"{title}: {ended.imported} of {ended.found} videos can be watched.")
    if ended.reason:
        typer.echo(ended.reason)
    for item in ended.not_imported[:LISTED_AT_MOST]:
        typer.echo(f"{item.position}\t{item.youtube_id}\t{item.title}\t{item.reason}")
    more = ended.unavailable + ended.failed - LISTED_AT_MOST
    if more > 0:
        typer.echo(f"and {more} more: GET /videos/imports/{ended.id} lists them")
    return True
