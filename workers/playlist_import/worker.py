"""The import worker's process, whose children run the imports."""

import gc
from mmap import mmap
from typing import Any

from billiard import set_start_method
from celery import signals

from core.settings import Settings
from workers.celery_app import TASK_POLICY, configure_task_logging, make_celery, node_name


def run(settings: Settings) -> int:
    """Take tasks until SIGTERM or SIGINT, give back what is running, and return an exit code.

    A broker that is away is waited for, at the start and later.
    """
    configure_task_logging(settings)
    set_start_method("fork")  # children have our tasks because they are copies; elsewhere that is no default
    told = mmap(-1, 1)  # memory that the children share, and that no lock of one who is killed can close

    def tell(**_: Any) -> None:
        told[0] = 1

    signals.worker_shutting_down.connect(tell, weak=False)
    worker = make_celery(settings, lambda: told[0] == 1).Worker(
        hostname=node_name(),
        pool="workers.celery_pool:TaskPool",
        concurrency=TASK_POLICY.processes,
        loglevel=settings.log_level.upper(),
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    gc.freeze()  # the collector leaves alone what is there by now, so that the children share its memory
    worker.start()
    return int(worker.exitcode or 0)
