"""Machines that run tests are busy: nobody is refused for slowness, but where a test asks for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from api.state import EDGE
from api.traffic import LIMITS

PATIENCE = timedelta(seconds=20)


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    edge = replace(EDGE, database=PATIENCE, redis=PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.factory.LIMITS", replace(LIMITS, answer_within=PATIENCE))
        for module in ("api.state", "api.progress.app"):
            patch.setattr(f"{module}.EDGE", edge)
        for name in ("CONNECT_TIMEOUT_SECONDS", "POOL_TIMEOUT_SECONDS"):
            patch.setattr(f"core.database.{name}", PATIENCE.total_seconds())
        yield
