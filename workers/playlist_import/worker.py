"""The import worker's process."""

from core.settings import Settings
from workers.celery_app import TASK_POLICY, configure_task_logging, make_celery, node_name


def run(settings: Settings) -> int:
    """Take tasks until SIGTERM or SIGINT, finish the running ones, and return an exit code.

    A broker that is away is waited for, at the start and later.
    """
    configure_task_logging(settings)
    worker = make_celery(settings).Worker(
        hostname=node_name(),
        pool="prefork",
        concurrency=TASK_POLICY.processes,
        loglevel=settings.log_level.upper(),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)
