"""Celery, configured for RabbitMQ quorum queues; the same on 3.10 and on 4.x.

Tasks are sent by name with ids as arguments, and what people see of them stands in PostgreSQL. A task may run
twice: it is acknowledged when it ends, and comes back when its process or its connection dies before.
"""

import logging
import warnings
from dataclasses import dataclass
from datetime import timedelta
from socket import gethostname
from typing import Any
from uuid import uuid4

from celery import Celery, signals
from celery.exceptions import CPendingDeprecationWarning
from celery.platforms import SecurityWarning

from core import pulse
from core.logs import configure_logging
from core.settings import Settings
from events.tasks import kombu_queue
from events.topology import IMPORTS, SIGNS_OF_LIFE
from workers.playlist_import import tasks

TASK_QUEUES = (IMPORTS, SIGNS_OF_LIFE)


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """How tasks are taken and how long they may last.

    An import mostly waits for YouTube, so more of them than processors run at once.
    The hard limit stays below the 30 minutes after which RabbitMQ closes the channel of an unacknowledged
    delivery.
    """

    processes: int = 4
    soft_limit: timedelta = timedelta(minutes=24)
    hard_limit: timedelta = timedelta(minutes=25)
    heartbeat: timedelta = timedelta(seconds=10)
    confirm_within: timedelta = timedelta(seconds=5)
    results_kept: timedelta = timedelta(hours=1)


TASK_POLICY = TaskPolicy()


def make_celery(
    settings: Settings,
    must_stop: tasks.MustStop = lambda: False,
    policy: TaskPolicy = TASK_POLICY,
) -> Celery:
    """Return the application with its tasks and its schedule. Connects to nothing."""
    app = Celery("edutrack", set_as_current=False)
    app.conf.update(
        timezone="UTC",
        enable_utc=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        **_broker(settings, policy),
        **_queues(),
        **_delivery(policy),
        **_results(settings, policy),
        **_schedule(settings, policy),
    )
    tasks.register(app, settings, must_stop)
    return app


def node_name() -> str:
    """Return a name no worker had before: two of one name, one dying, the other starting, get in the way."""
    return f"imports-{uuid4().hex[:8]}@{gethostname()}"


def configure_task_logging(settings: Settings) -> None:
    """Set up logging as everywhere; Celery would put its own in place, with a line for every sign of life."""
    configure_logging(settings)
    signals.setup_logging.connect(_leave_logging_alone, weak=False)
    # Tasks come as JSON and by name, so being root runs nothing that was not ours; whoever starts us decides.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # It advises what we leave off on purpose (see `_delivery`), each time the broker has been away.
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
    for chatty in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _leave_logging_alone(**_: Any) -> None:
    pass


def _broker(settings: Settings, policy: TaskPolicy) -> dict[str, Any]:
    return {
        "broker_url": settings.amqp_url.get_secret_value(),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": policy.heartbeat.total_seconds(),
        "broker_transport_options": {"confirm_publish": True},
    }


def _queues() -> dict[str, Any]:
    return {
        "task_queues": [kombu_queue(queue) for queue in TASK_QUEUES],
        "task_default_queue": IMPORTS.name,
        "task_default_exchange": IMPORTS.exchange.name,
        "task_default_routing_key": IMPORTS.routing_key,
        "task_routes": {
            tasks.SIGN_OF_LIFE: {"queue": SIGNS_OF_LIFE.name, "routing_key": SIGNS_OF_LIFE.routing_key}
        },
        "task_create_missing_queues": False,
    }


def _delivery(policy: TaskPolicy) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_soft_time_limit": policy.soft_limit.total_seconds(),
        "task_time_limit": policy.hard_limit.total_seconds(),
        "worker_prefetch_multiplier": 1,
        # An import goes on without the broker; whoever gets its message meanwhile sees that it is taken.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Its queue would be transient, which RabbitMQ 4.3 refuses; state is kept in PostgreSQL.
        "worker_enable_remote_control": False,
        "worker_consumer": "workers.celery_consumer:Consumer",
    }


def _results(settings: Settings, policy: TaskPolicy) -> dict[str, Any]:
    return {
        "result_backend": settings.redis_url.get_secret_value(),
        "result_serializer": "json",
        "result_accept_content": ["json"],
        "result_expires": policy.results_kept,
        "task_ignore_result": True,
    }


def _schedule(settings: Settings, policy: TaskPolicy) -> dict[str, Any]:
    return {
        "beat_scheduler": "workers.celery_beat:Scheduler",
        "beat_schedule_filename": str(settings.home / "scheduler" / "schedule"),
        "beat_max_loop_interval": pulse.EVERY.total_seconds(),
        "beat_schedule": {
            tasks.SIGN_OF_LIFE: {
                "task": tasks.SIGN_OF_LIFE,
                "schedule": pulse.EVERY,
                "options": {"confirm_timeout": policy.confirm_within.total_seconds()},
            },
        },
    }
