"""`edutrack simulate`: a class of students against the running stack."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from core.settings import Settings
    from simulation.run import Outcome, Setting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    students: Annotated[int, typer.Option(min=1, max=10_000, help="How many take part.")] = 200,
    minutes: Annotated[
        float, typer.Option(min=1, max=7 * 24 * 60, help="How far simulated time reaches back.")
    ] = 10,
    speedup: Annotated[float, typer.Option(min=1, help="How much faster than real time it passes.")] = 60,
    seed: Annotated[int | None, typer.Option(help="Same seed, same students; random by default.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where the API is; by default what the settings say.")
    ] = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for rows that do not get any better.")
    ] = 30,
    accounts: Annotated[
        Path | None, typer.Option(help="Demo accounts with the admin who reads the rosters.")
    ] = None,
) -> None:
    """Let students watch, then hold every row against what they sent; exit with 1 if one differs."""
    from datetime import timedelta

    from core.settings import load_settings
    from simulation.run import Setting

    settings = load_settings()
    setting = Setting(
        url=url or _address(settings),
        students=students,
        length=timedelta(minutes=minutes),
        speedup=speedup,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        policy=settings.policy,
        patience=timedelta(seconds=patience),
        admin=_admin(settings, accounts),
    )
    typer.echo(f"{students} students against {setting.url}, seed {setting.seed}")
    outcome = asyncio.run(_simulate(setting))
    _report(outcome, rosters=setting.admin is not None)
    if outcome.problems:
        raise typer.Exit(1)


def _address(settings: "Settings") -> str:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - not bound, called
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _admin(settings: "Settings", accounts: Path | None) -> tuple[str, str] | None:
    from cli.demo.accounts import accounts_file, read_accounts

    known = read_accounts(accounts or accounts_file(settings.home))
    return next(((each.username, each.password) for each in known if each.role == "admin"), None)


async def _simulate(setting: "Setting") -> "Outcome":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from simulation.run import simulate

    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        return await simulate(setting, _Bars(progress))


class _Bars:
    """One bar for each phase."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress

    def phase(self, name: str, total: int) -> Callable[[int], None]:
        if not self._progress.console.is_terminal:  # where bars only appear when all is over
            typer.echo(f"{name}: {total} to come")
        task = self._progress.add_task(name, total=total)
        return lambda portion: self._progress.advance(task, portion)


def _report(outcome: "Outcome", *, rosters: bool) -> None:
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.answers.items()))
    typer.echo(f"Answers: {answers}; {outcome.repeated} requests were sent again.")
    if not rosters:
        typer.echo("No admin is known (demo-accounts.json), so /attendance/date was left out.")
    for problem in outcome.problems:
        typer.echo(problem, err=True)
    verdict = f"{len(outcome.problems)} problems" if outcome.problems else "no difference"
    typer.echo(f"{outcome.events} events, {outcome.rows} rows compared: {verdict}.")
