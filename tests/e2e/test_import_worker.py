"""The import worker and the scheduler as processes: at work, without a broker, and told to stop."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aio_pika import connect
from redis import Redis

from core.settings import Settings
from events.declare import declare_topology
from tests.e2e.processes import Processes, processes
from tests.proxy import Proxy

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 60
HEALTHCHECK = Path(__file__).parents[2] / "deploy" / "healthcheck"
BOTH = ("imports", "scheduler")


@pytest.fixture
def proxy(settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy.to(settings.amqp_url.get_secret_value())
    proxy.mend()
    yield proxy
    proxy.cut()


@pytest.fixture
def broker_side(settings: Settings, proxy: Proxy, tmp_path: Path) -> Iterator[Processes]:
    """What starts both on a broker that can be taken away, and a Redis that knows of no sign."""
    forget_signs(settings)
    url = proxy.url(settings.amqp_url.get_secret_value())
    with processes(settings, tmp_path, EDUTRACK_AMQP_URL=url) as started:
        yield started


def start_both(broker_side: Processes) -> None:
    for name in BOTH:
        broker_side.start(name, "worker", name)


def forget_signs(settings: Settings) -> None:
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        redis.flushdb()


def is_alive(broker_side: Processes) -> bool:
    command = [sys.executable, str(HEALTHCHECK), "imports"]
    env = {**broker_side.env, "PYTHONPATH": str(HEALTHCHECK.parents[1])}
    return subprocess.run(command, env=env, check=False).returncode == 0


def wait_until_alive(broker_side: Processes) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_alive(broker_side):
        assert time.monotonic() < deadline, [broker_side.log_of(name) for name in BOTH]
        time.sleep(0.5)


def test_a_sign_of_life_travels_from_the_scheduler_through_the_broker_to_the_worker(
    broker_side: Processes, settings: Settings
) -> None:
    assert not is_alive(broker_side)
    start_both(broker_side)
    wait_until_alive(broker_side)
    asyncio.run(_declare(settings.amqp_url.get_secret_value()))


async def _declare(url: str) -> None:
    """Succeeds only if Celery declared every queue exactly as the topology has it."""
    async with await connect(url) as connection, connection.channel() as channel:
        await declare_topology(channel)


def test_both_wait_for_a_broker_that_is_not_there_yet_and_find_back_to_one_that_was_away(
    broker_side: Processes, proxy: Proxy, settings: Settings
) -> None:
    proxy.cut()
    start_both(broker_side)
    while any("the broker is away" not in broker_side.log_of(name) for name in BOTH):
        time.sleep(0.2)
    proxy.mend()
    wait_until_alive(broker_side)
    proxy.cut()
    forget_signs(settings)
    proxy.mend()
    wait_until_alive(broker_side)
    assert "Traceback" not in "".join(broker_side.log_of(name) for name in BOTH)


def test_both_end_when_they_are_told_to(broker_side: Processes) -> None:
    start_both(broker_side)
    wait_until_alive(broker_side)
    assert [broker_side.kill(name, signal.SIGTERM) for name in BOTH] == [0, 0]


def test_the_scheduler_ends_while_it_waits_for_the_broker(broker_side: Processes, proxy: Proxy) -> None:
    proxy.cut()
    broker_side.start("scheduler", "worker", "scheduler")
    while "the broker is away" not in broker_side.log_of("scheduler"):
        time.sleep(0.2)
    assert broker_side.kill("scheduler", signal.SIGTERM) == 0
