"""Tasks for the Celery workers, sent by name with ids as arguments.

A task is only a wish that somebody look at something soon: what people see of it stands in PostgreSQL, and
the schedule sends it again when it seems to be lost.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import kombu.entity
from amqp.exceptions import AMQPError
from celery import Celery
from kombu.exceptions import KombuError

from events.topology import IMPORTS, Queue

log = logging.getLogger(__name__)

IMPORT_PLAYLIST = "workers.import_playlist"
"""Takes the id of an import."""


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """How long a sender may wait for the broker."""

    connect_within: timedelta = timedelta(seconds=2)
    confirm_within: timedelta = timedelta(seconds=5)


SENDING = SendingPolicy()


class TaskSender:
    """Sends tasks from a process that runs none. Connects when it sends; a thread of its own does both."""

    def __init__(self, url: str, policy: SendingPolicy = SENDING) -> None:
        self._policy = policy
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edutrack-tasks")
        self._celery = Celery("edutrack", broker=url, set_as_current=False)
        self._celery.conf.update(
            task_queues=[kombu_queue(IMPORTS)],
            task_default_queue=IMPORTS.name,
            task_default_exchange=IMPORTS.exchange.name,
            task_default_routing_key=IMPORTS.routing_key,
            task_create_missing_queues=False,
            task_serializer="json",
            task_ignore_result=True,
            broker_connection_timeout=policy.connect_within.total_seconds(),
            broker_connection_max_retries=0,
            broker_transport_options={"confirm_publish": True},
        )

    async def send(self, name: str, *arguments: int) -> bool:
        """Send a task and say whether the broker has it; one that is not sent now is sent by the schedule."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._send, name, arguments)
        except (KombuError, AMQPError, OSError) as error:
            log.warning("%s was not sent (%s): the schedule will", name, type(error).__name__)
            return False
        return True

    async def waiting(self) -> int | None:
        """Return how many tasks wait for an import worker; None where the broker does not say."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._waiting)
        except (KombuError, AMQPError, OSError):
            return None

    def close(self) -> None:
        """Send nothing more. Does not wait for what is being sent."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._celery.close()

    def _send(self, name: str, arguments: tuple[int, ...]) -> None:
        self._celery.send_task(
            name,
            args=arguments,
            retry=False,
            ignore_result=True,
            confirm_timeout=self._policy.confirm_within.total_seconds(),
        )

    def _waiting(self) -> int:
        with self._celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=self._policy.connect_within.total_seconds())
            declared = connection.default_channel.queue_declare(IMPORTS.name, passive=True)
            return int(declared.message_count)


def kombu_queue(queue: Queue) -> kombu.entity.Queue:
    """Return a queue of our topology as kombu declares it, with exactly its arguments."""
    exchange = kombu.entity.Exchange(queue.exchange.name, type="direct", durable=True)  # type: ignore[no-untyped-call]
    return kombu.entity.Queue(  # type: ignore[no-untyped-call]
        queue.name,
        exchange=exchange,
        routing_key=queue.routing_key,
        durable=True,
        queue_arguments=dict[str, Any](queue.arguments),
    )
