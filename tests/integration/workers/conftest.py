"""A school small enough for histories: three students, three videos."""

import pytest

from core.database import Sessions
from tests.integration.workers.school import USERS
from tests.people import add_students, add_videos


@pytest.fixture
async def school(sessions: Sessions) -> Sessions:
    async with sessions.begin() as session:
        await add_students(session, len(USERS))
        await add_videos(session, 3)
    return sessions
