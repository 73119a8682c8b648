"""The scheduler's process: sends the periodic tasks, and runs those that must not wait behind imports."""

from functools import partial

from core.settings import Settings
from workers.celery_app import configure_task_logging, make_celery
from workers.celery_beat import SWEEP_IMPORTS, Scheduler
from workers.playlist_import.sweep import Sweeper


def run(settings: Settings) -> None:
    """Send tasks when they are due, until SIGTERM or SIGINT, which end the process by `SystemExit`."""
    configure_task_logging(settings)
    (settings.home / "scheduler").mkdir(parents=True, exist_ok=True)
    scheduler = partial(Scheduler, here={SWEEP_IMPORTS: Sweeper(settings)})
    make_celery(settings).Beat(loglevel=settings.log_level.upper(), quiet=True, scheduler_cls=scheduler).run()
