"""`edutrack worker imports` and `edutrack worker scheduler`: the Celery processes."""

import typer


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(imports)
    app.command()(scheduler)


def imports() -> None:
    """Run playlist imports and the periodic tasks."""
    from core.settings import load_settings
    from workers.playlist_import.worker import run

    raise typer.Exit(run(load_settings()))


def scheduler() -> None:
    """Send the periodic tasks when they are due; one such process is enough."""
    from core.settings import load_settings
    from workers.scheduler import run

    run(load_settings())
