"""Celery's pool of processes, without a slip that ends the whole worker."""

from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool as PreforkTaskPool


class Pool(AsynPool):  # type: ignore[misc] # Celery is untyped
    """Minds processes that have ended while the broker was away.

    Back at the broker, Celery watches every process of its pool anew. Of one that has ended and is not yet
    removed it has let go what it would watch, and takes that for an error that ends the worker.
    """

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        has_ended = getattr(proc, "_sentinel_poll", proc) is None
        if not has_ended:
            super()._track_child_process(proc, hub)


class TaskPool(PreforkTaskPool):  # type: ignore[misc]
    """The pool of the import worker."""

    Pool = Pool
