"""How an import worker attaches to the broker, where Celery's own way does not fit."""

import logging
from collections.abc import Callable
from typing import Any, ClassVar

import celery.worker.consumer
from celery import bootsteps
from celery.worker.consumer import Connection
from celery.worker.state import maybe_shutdown

from events.tasks import kombu_queue
from events.topology import IMPORTS_DEAD_LETTERS

log = logging.getLogger(__name__)

RECONNECT_AFTER_SECONDS = 1
RECONNECT_AT_MOST_SECONDS = 5


class DeclareDeadLetters(bootsteps.StartStopStep):  # type: ignore[misc] # Celery is untyped
    """Declares what Celery does not know of, because no worker consumes from it."""

    requires = (Connection,)

    def start(self, parent: Any) -> None:
        with parent.connection.channel() as channel:
            kombu_queue(IMPORTS_DEAD_LETTERS)(channel).declare()  # type: ignore[no-untyped-call]


class Consumer(celery.worker.consumer.Consumer):  # type: ignore[misc]
    """Celery's consumer without its queues for delayed tasks, and with a shorter wait for the broker.

    The former are 28 queues for `eta` and `countdown`, which nothing here uses: what has to wait stands in
    PostgreSQL. The latter would be up to 30 seconds.
    """

    class Blueprint(celery.worker.consumer.Consumer.Blueprint):  # type: ignore[misc]
        """Steps from the connection to the event loop."""

        default_steps: ClassVar[list[Any]] = [
            *(
                step
                for step in celery.worker.consumer.Consumer.Blueprint.default_steps
                if not step.endswith(":DelayedDelivery")
            ),
            DeclareDeadLetters,
        ]

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection once it stands. Blocks for as long as that takes, or until a signal."""
        conn.ensure_connection(
            report_broker_away,
            None,
            interval_start=RECONNECT_AFTER_SECONDS,
            interval_step=1,
            interval_max=RECONNECT_AT_MOST_SECONDS,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        return conn


def at_once(task: Any, app: Any, consumer: Any) -> Callable[..., None]:  # noqa: ARG001 - Celery's signature
    """Run a task where it arrives, so that it waits for no import; for what takes nothing and no time."""

    def run(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any) -> None:  # noqa: ARG001 - likewise
        try:
            task()
        finally:
            ack(log, consumer.connection_errors)

    return run


def report_broker_away(error: Exception, seconds: float) -> None:
    """Log why the broker was not reached, and when it is tried again."""
    log.warning("the broker is away (%s), trying again in %.0f s", type(error).__name__, seconds)
