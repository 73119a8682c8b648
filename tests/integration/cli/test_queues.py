"""`edutrack queues`: what waits, and how fast it moves."""

import asyncio
import json

import pytest

from core.settings import Settings
from events.broker_metrics import NOT_SET, BrokerMetrics, http_client
from events.topology import IMPORTS, PROGRESS, QUEUES
from tests.integration.cli.commands import Run, in_thread, said

SOON = 20


async def test_one_look_tells_rates_of_every_queue(
    run: Run, broker: str, redis: object, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDUTRACK_RABBITMQ_METRICS_URLS", ",".join(settings.rabbitmq_metrics_urls))
    await told_of_all(BrokerMetrics(broker, settings.rabbitmq_metrics_urls))
    queues = json.loads(said(await in_thread(run, "queues", "--json")))
    assert [queue["name"] for queue in queues] == [queue.name for queue in QUEUES]
    known = {queue["name"]: (queue["unacked"], queue["in_rate"], queue["out_rate"]) for queue in queues}
    assert None not in {number for numbers in known.values() for number in numbers}
    assert known[IMPORTS.name] == known[PROGRESS.name] == (0, 0, 0)


async def test_what_is_blank_has_a_reason(
    run: Run, broker: str, redis: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDUTRACK_RABBITMQ_METRICS_URLS", "")
    shown = said(await in_thread(run, "queues"))
    assert IMPORTS.name in shown
    assert NOT_SET in " ".join(shown.split())


async def told_of_all(metrics: BrokerMetrics) -> None:
    """Wait until RabbitMQ tells of queues that were made a moment ago."""
    async with http_client() as http, asyncio.timeout(SOON):
        while None in [metrics.of(queue.name) for queue in QUEUES]:
            await asyncio.sleep(0.2)
            await metrics.ask(http)
