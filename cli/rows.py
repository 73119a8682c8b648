"""`edutrack rebuild` and `edutrack verify`: the rows against the log they come from."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(rebuild)
    app.command()(verify)


def rebuild(
    user: Annotated[list[int] | None, typer.Option(help="Only this user's id; may be repeated.")] = None,
    policy: Annotated[
        bool, typer.Option("--policy", help="Adopt the settings' policy for all rows.")
    ] = False,
) -> None:
    """Compute rows anew from the event log, while everything runs."""
    if policy and user:
        raise typer.BadParameter("--policy is for all users; leave --user out")
    asyncio.run(_rebuild(user or [], adopt=policy))


def verify() -> None:
    """Compare every row with what the event log says; exit with 1 if any differs."""
    differences = asyncio.run(_verify())
    if differences:
        typer.echo(f"{differences} rows differ; `edutrack rebuild` mends them.", err=True)
        raise typer.Exit(1)
    typer.echo("Every row is what the event log says.")


async def _rebuild(user_ids: list[int], *, adopt: bool) -> None:
    from core.database import make_engine, make_sessions
    from core.settings import load_settings
    from workers.watch_time.rebuild import adopt_policy, rebuild

    settings = load_settings()
    engine = make_engine(settings, application="edutrack-rebuild")
    sessions = make_sessions(engine)
    try:
        if adopt:
            await _count(adopt_policy(sessions, settings.policy))
            typer.echo("The policy is adopted; restart API and workers.")
        else:
            await _count(rebuild(sessions, settings.policy, user_ids))
    finally:
        await engine.dispose()


async def _count(portions: AsyncIterator[int]) -> None:
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("users rebuilt"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("rebuild", total=None)
        async for users in portions:
            progress.advance(task, users)


async def _verify() -> int:
    from core.database import make_engine, make_sessions
    from core.settings import load_settings
    from workers.watch_time.rebuild import verify

    settings = load_settings()
    engine = make_engine(settings, application="edutrack-verify")
    found = 0
    try:
        async for _, differences in verify(make_sessions(engine), settings.policy):
            for difference in differences:
                typer.echo(
                    f"user {difference.user_id} {difference.table} {difference.key}: "
                    f"stored {difference.stored}, log says {difference.folded}"
                )
            found += len(differences)
    finally:
        await engine.dispose()
    return found
