"""How the scheduler meets a broker that is away: it says so in a line, and looks again soon."""

import logging
from typing import Any

from celery.beat import PersistentScheduler, SchedulingError

from workers.celery_consumer import (
    RECONNECT_AFTER_SECONDS,
    RECONNECT_AT_MOST_SECONDS,
    report_broker_away,
)

log = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):  # type: ignore[misc] # Celery is untyped
    """Celery's scheduler, without a page of traceback for each task that could not be sent."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a task; one that cannot be sent is left out, because the next one is due soon."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            log.warning("%s was not sent: %s", entry.task, type(error.__context__).__name__)

    def _ensure_connected(self) -> Any:
        return self.connection.ensure_connection(
            report_broker_away,
            self.app.conf.broker_connection_max_retries,
            interval_start=RECONNECT_AFTER_SECONDS,
            interval_step=1,
            interval_max=RECONNECT_AT_MOST_SECONDS,
        )
