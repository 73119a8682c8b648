"""The scheduler's process: sends the periodic tasks, runs none."""

from core.settings import Settings
from workers.celery_app import configure_task_logging, make_celery


def run(settings: Settings) -> None:
    """Send tasks when they are due, until SIGTERM or SIGINT, which end the process by `SystemExit`."""
    configure_task_logging(settings)
    (settings.home / "scheduler").mkdir(parents=True, exist_ok=True)
    make_celery(settings).Beat(loglevel=settings.log_level.upper(), quiet=True).run()
