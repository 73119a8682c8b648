"""What operators see of the last hour: samples that outlive whoever took them, and say where they are missing."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import escape
from redis.asyncio import Redis

from events.broker_metrics import AWAY, NOT_SET, BrokerMetrics
from events.queues import QueueWatch
from events.topology import IMPORTS, PROGRESS
from tests.integration.api.conftest import Api, until
from tests.integration.web.conftest import Browser
from web.operate.samples import KEPT, last_hour, take

NO_REDIS = "redis://127.0.0.1:1/0"
QUEUES = (PROGRESS.name, IMPORTS.name)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_an_hour_is_kept_in_one_key_with_its_gaps(
    gateway: Api, grace: Browser, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until(lambda: gateway.state.broker_watch and gateway.state.broker_watch.connected)

    async def take_at(seconds: float) -> None:
        monkeypatch.setattr(gateway.state, "clock", lambda: NOON + timedelta(seconds=seconds))
        await take(gateway.state)

    for seconds in (0, 3, 19.99, 21):
        await take_at(seconds)
    hour = (await grace.open("/operate/samples")).json()
    assert hour["at"] == [int(NOON.timestamp()) + seconds for seconds in (0, 10, 20)]
    assert hour["charts"]["waiting"][PROGRESS.name] == [0, None, 0]
    assert hour["charts"]["waiting"][f"{PROGRESS.name}, unacked"] == [0, None, 0]
    assert hour["charts"]["rates"] == {"in": [0.0, None, 0.0], "out": [0.0, None, 0.0]}
    assert hour["charts"]["outbox"] == {"outbox": [0, None, 0]}
    assert set(hour["charts"]["lag"]["lag"]) - {None}

    await take_at(3600)
    kept = {json.loads(value)[0] - int(NOON.timestamp()) for value in await redis.hvals("edutrack:samples")}
    assert kept >= {20, 3600}
    assert 0 not in kept, "the place of an hour ago is taken"
    assert 0 < await redis.ttl("edutrack:samples") <= KEPT.total_seconds()
    later = await last_hour(redis, NOON.timestamp() + 2 * 3600)
    assert (len(later.at), later.charts) == (1, {})


async def test_every_queue_shows_its_rates(gateway: Api, grace: Browser) -> None:
    watch = gateway.state.part(QueueWatch)
    await until(lambda: watch.states and all(state.unacked is not None for state in watch.states))
    await until(lambda: watch.states and [state.in_rate for state in watch.states].count(None) == 1)
    page = (await grace.open("/operate")).text
    assert dashes(page) == {PROGRESS.name: 1, IMPORTS.name: 1}, "an empty queue has no oldest message"
    assert "nobody knows it" not in page


@pytest.mark.parametrize(
    ("nodes", "missing"), [([], NOT_SET), (["http://127.0.0.1:1"], AWAY)], ids=["not set", "away"]
)
async def test_what_is_not_known_of_a_queue_is_said_to_be_so(
    gateway: Api, grace: Browser, monkeypatch: pytest.MonkeyPatch, nodes: list[str], missing: str
) -> None:
    watch = gateway.state.part(QueueWatch)
    metrics = BrokerMetrics("amqp://127.0.0.1", nodes)
    monkeypatch.setattr(watch, "_metrics", metrics)
    await metrics.start()
    await until(lambda: watch.missing and watch.states and all(s.unacked is None for s in watch.states))
    page = (await grace.open("/operate")).text
    await metrics.stop()
    assert dashes(page) == {PROGRESS.name: 1, IMPORTS.name: 4}
    assert escape(missing) in page


def dashes(page: str) -> dict[str, int]:
    """Count what is not known of two queues."""
    rows = {name: page.partition(f">{name}</th>")[2].partition("</tr>")[0] for name in QUEUES}
    return {name: row.count(">\N{EN DASH}</td>") for name, row in rows.items()}


async def test_without_redis_the_numbers_stay_and_the_lines_are_missing(
    gateway: Api, grace: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.state, "redis", Redis.from_url(NO_REDIS))
    page = (await grace.open("/operate")).text
    assert "Redis does not answer" in page
    assert PROGRESS.name in page
    assert (await grace.open("/operate/samples")).json() is None
