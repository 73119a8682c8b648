"""The scheduler's process: sends the periodic tasks, and does what must not wait behind imports."""

from functools import partial

from core.settings import Settings
from workers import retention, rosters
from workers.celery_app import configure_task_logging, make_celery
from workers.celery_beat import Scheduler
from workers.chores import Chore
from workers.day_close import chore as day_close
from workers.playlist_import import sweep


def chores(settings: Settings) -> tuple[Chore, ...]:
    """Return what the scheduler does itself."""
    due = (sweep.chore, rosters.chore, day_close.chore, day_close.judging, retention.chore)
    return tuple(chore(settings) for chore in due)


def run(settings: Settings) -> None:
    """Send tasks when they are due, until SIGTERM or SIGINT, which end the process by `SystemExit`."""
    configure_task_logging(settings)
    (settings.home / "scheduler").mkdir(parents=True, exist_ok=True)
    ours = chores(settings)
    app = make_celery(settings)
    app.conf.beat_schedule |= {chore.name: {"task": chore.name, "schedule": chore.every} for chore in ours}
    scheduler = partial(Scheduler, chores=ours)
    app.Beat(loglevel=settings.log_level.upper(), quiet=True, scheduler_cls=scheduler).run()
