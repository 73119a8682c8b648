"""The broker as an API process sees it, shared by the services that stand on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.state import State
from events.queues import QueueWatch


@asynccontextmanager
async def watching(state: State) -> AsyncIterator[QueueWatch]:
    """Watch the queues while the process runs; one watch serves all services."""
    if isinstance(state.broker_watch, QueueWatch):
        yield state.broker_watch
        return
    watch = QueueWatch(state.settings.amqp_url.get_secret_value(), state.settings.rabbitmq_metrics_urls)
    await watch.start()
    state.broker_watch = watch
    try:
        yield watch
    finally:
        await watch.stop()
