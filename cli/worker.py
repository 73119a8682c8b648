"""`edutrack worker`: the processes behind the API."""

import typer

from cli import worker_celery

app = typer.Typer(no_args_is_help=True, help="The processes behind the API; each runs until it is stopped.")
worker_celery.register(app)


@app.command()
def progress() -> None:
    """Turn events into watch time and attendance."""
    from core.settings import load_settings
    from workers.watch_time.worker import run

    run(load_settings())
