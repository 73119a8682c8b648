"""What is measured, in Prometheus' vocabulary: base units, counters that end in `_total`.

Every process serves its own numbers on a port of its own, never on the API's.
"""

import logging

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server

from core.settings import Settings

log = logging.getLogger(__name__)

REQUESTS = Histogram(
    "edutrack_http_request_duration_seconds",
    "Time from a request to the end of its answer",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
EVENTS_ACCEPTED = Counter("edutrack_events_accepted_total", "Events made durable by this API process")
EVENTS_REFUSED = Counter("edutrack_events_refused_total", "Events of reports this API process refused")
"""Reports answered 400 or 404, events of batches answered so, and those that are `rejected` in one.

Not what cannot be read (422, broken JSON) or may come again as it is (503), nor what a worker rejects later.
"""

EVENTS_HANDLED = Counter("edutrack_events_handled_total", "Events this worker is done with", ("outcome",))
"""`outcome` is applied, duplicate or rejected."""

APPLY_LAG = Histogram(
    "edutrack_apply_lag_seconds",
    "Time from an event's acceptance to the commit of its rows",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
BATCH_EVENTS = Histogram(
    "edutrack_batch_events",
    "Events in one transaction",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
QUEUE_READY = Gauge("edutrack_queue_ready_messages", "Messages waiting in a queue", ("queue",))
QUEUE_CONSUMERS = Gauge("edutrack_queue_consumers", "Consumers attached to a queue", ("queue",))
DEAD_LETTERED = Counter("edutrack_dead_lettered_total", "Messages this worker set aside", ("reason",))


def serve_metrics(settings: Settings) -> None:
    """Serve `/metrics` from a thread of its own, on a free port where none is set; the port is logged.

    Raises:
        OSError: the port is taken.

    """
    server, _ = start_http_server(settings.metrics_port, settings.metrics_host, registry=REGISTRY)
    log.info("metrics on http://%s:%s/metrics", settings.metrics_host, server.server_port)
