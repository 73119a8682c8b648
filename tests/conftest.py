"""Real PostgreSQL, RabbitMQ and Redis for every test that wants them; a database and vhost per test process."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from aio_pika import connect
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Base, Sessions, make_engine, make_sessions
from core.policy import Policy
from core.policy_store import check_policy
from core.settings import Settings
from events.declare import declare_topology
from events.topology import QUEUES
from migrations.run import upgrade
from stack.servers import Servers
from tests.services import VARIABLE, from_environment, hasty

hypothesis_settings.register_profile(
    "busy",  # machines that run tests are: how long an example took says nothing
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("busy")
hypothesis_settings.register_profile(
    "long",
    max_examples=1500,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
SECRET = "a secret for tests, with enough bytes in it"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers `make test` started around everything, or some of our own."""
    given = os.environ.get(VARIABLE)
    if given:
        yield from_environment(given)
        return
    with hasty(tmp_path_factory.mktemp("servers")) as own:
        yield own


@pytest.fixture(scope="session")
def settings(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a migrated database, a vhost and a Redis database that no other test process uses."""
    return make_settings(servers, f"test_{worker_id}", tmp_path_factory.mktemp("home"), redis_of(worker_id))


def redis_of(worker_id: str) -> int:
    """Return a Redis database of a test process's own."""
    return int(worker_id.removeprefix("gw")) + 1 if worker_id != "master" else 0


def make_settings(servers: Servers, name: str, home: Path, redis_database: int) -> Settings:
    """Make a database and a vhost of a name, and of this process, and return settings that use them."""
    name = f"{name}_{os.getpid()}"
    asyncio.run(_create_database(servers.postgres_url, name))
    settings = Settings(
        home=home,
        env="development",
        secret_key=SECRET,
        database_url=f"{servers.postgres_url.rpartition('/')[0]}/{name}",
        amqp_url=servers.add_vhost(name),
        redis_url=f"{servers.redis_url.rpartition('/')[0]}/{redis_database}",
        rabbitmq_metrics_urls=[servers.rabbitmq_metrics_url],
    )
    upgrade(settings)
    return settings


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(settings, pool_size=10, application="edutrack-tests")
    yield engine
    await engine.dispose()


@pytest.fixture
async def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions on tables that are empty, but for the default policy."""
    sessions = make_sessions(engine)
    await empty(sessions)
    return sessions


async def empty(sessions: Sessions, policy: Policy | None = None) -> None:
    """Empty every table and store a policy; only a superuser silences the triggers that forbid the former."""
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        await session.execute(text("SET LOCAL session_replication_role = origin"))
        await check_policy(session, policy or Policy())


@pytest.fixture
async def broker(settings: Settings) -> str:
    """The URL of a vhost whose queues are declared and empty."""
    url = settings.amqp_url.get_secret_value()
    async with await connect(url) as connection, connection.channel() as channel:
        await declare_topology(channel)
        for queue in QUEUES:
            await (await channel.get_queue(queue.name)).purge()
    return url


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """A Redis database that is empty."""
    client = Redis.from_url(settings.redis_url.get_secret_value())
    await client.flushdb()
    yield client
    await client.aclose()
