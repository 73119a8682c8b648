"""One running application for each file; nobody is refused for slowness, but where a test asks for it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.app import SERVICES
from api.progress.service import Desk
from api.state import EDGE
from api.traffic import LIMITS
from core.database import make_sessions
from core.settings import Settings
from tests.conftest import empty
from tests.integration.api.conftest import Api, serving, until

PATIENCE = timedelta(seconds=20)


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """Let machines that run tests be busy."""
    edge = replace(EDGE, database=PATIENCE, redis=PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.factory.LIMITS", replace(LIMITS, answer_within=PATIENCE))
        for module in ("api.state", "api.progress.app"):
            patch.setattr(f"{module}.EDGE", edge)
        patch.setattr("api.health.CHECK_SECONDS", PATIENCE.total_seconds())
        for name in ("CONNECT_TIMEOUT_SECONDS", "POOL_TIMEOUT_SECONDS"):
            patch.setattr(f"core.database.{name}", PATIENCE.total_seconds())
        yield


@pytest.fixture(scope="module")
async def usual_policy(engine: AsyncEngine) -> None:
    """The default policy before an application starts: the file before may have stored another one."""
    await empty(make_sessions(engine))


@pytest.fixture(scope="module")
async def application(settings: Settings, usual_policy: None) -> AsyncIterator[Api]:
    """All services, connected to everything; one for all tests of a file, because starting it takes long."""
    async with serving(settings, *SERVICES) as running:
        await until(lambda: running.state.part(Desk).acceptance.ready)
        await until(lambda: running.state.broker_watch and running.state.broker_watch.connected)
        yield running
