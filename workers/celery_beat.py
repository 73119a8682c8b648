"""A scheduler that does chores itself, and that makes no fuss about a broker that is away."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

from celery.beat import PersistentScheduler, SchedulingError

from workers.celery_consumer import (
    RECONNECT_AFTER_SECONDS,
    RECONNECT_AT_MOST_SECONDS,
    report_broker_away,
)
from workers.chores import Chore

log = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):  # type: ignore[misc] # Celery is untyped
    """Celery's scheduler, without a page of traceback for each task that could not be sent.

    Chores it does itself, each in a thread of its own, and never one while it is still at it.
    """

    def __init__(self, *args: Any, chores: Sequence[Chore], **kwargs: Any) -> None:
        """Take what Celery hands over, and what to do here."""
        self._chores = {chore.name: chore for chore in chores}
        self._running: dict[str, threading.Thread] = {}
        super().__init__(*args, **kwargs)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send or run a task; one that cannot be is left out, because the next one is due soon."""
        if entry.task in self._chores:
            self._run(entry.task)
            return
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            log.warning("%s was not sent: %s", entry.task, type(error.__context__).__name__)

    def _run(self, name: str) -> None:
        running = self._running.get(name)
        if running is None or not running.is_alive():
            self._running[name] = threading.Thread(target=self._chores[name], name=name, daemon=True)
            self._running[name].start()

    def _ensure_connected(self) -> Any:
        return self.connection.ensure_connection(
            report_broker_away,
            self.app.conf.broker_connection_max_retries,
            interval_start=RECONNECT_AFTER_SECONDS,
            interval_step=1,
            interval_max=RECONNECT_AT_MOST_SECONDS,
        )
