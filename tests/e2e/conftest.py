"""A gateway and a progress worker of a test process's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from core.database import make_engine, make_sessions
from core.settings import Settings
from stack.servers import Servers
from tests.conftest import empty, make_settings, redis_of
from tests.e2e.players import chromium, record_clips
from tests.e2e.processes import Processes, processes
from tests.e2e.site import Site, serving_site
from tests.people import add_videos


@pytest.fixture(scope="module")
def own_settings(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a database with one course of three videos, and a vhost."""
    home = tmp_path_factory.mktemp("home")
    settings = make_settings(servers, f"e2e_{worker_id}", home, 8 + redis_of(worker_id) % 8)
    asyncio.run(_prepare(settings))
    return settings


async def _prepare(settings: Settings) -> None:
    engine = make_engine(settings)
    sessions = make_sessions(engine)
    await empty(sessions)
    async with sessions.begin() as session:
        await add_videos(session, 3)
    await engine.dispose()


@pytest.fixture(scope="module")
def running(
    own_settings: Settings, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """A gateway and a worker that are ready."""
    with processes(own_settings, tmp_path_factory.mktemp("logs"), EDUTRACK_CORS_ORIGINS=site.url) as started:
        started.start("api", "api")
        started.start("worker", "worker", "progress")
        started.wait_until_healthy()
        yield started


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    """Where our test pages are served: an origin other than the API's."""
    with serving_site() as site:
        await record_clips(site)
        yield site


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser
