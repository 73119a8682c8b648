"""Somebody who can let others in is always left."""

import asyncio

import pytest
from sqlalchemy import text, update

from api.auth.service import set_disabled
from core.clock import utc_now
from core.database import Sessions
from core.errors import Conflict
from core.people import erasing
from core.people.admins import LAST_ADMIN
from core.roles import Role
from core.tables import User
from tests.people import add_students

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture(autouse=True)
async def school(sessions: Sessions) -> None:
    """Two admins, 1 and 2, and a student."""
    async with sessions.begin() as session:
        await add_students(session, 3)
        await session.execute(update(User).where(User.id < 3).values(role=Role.ADMIN.value))


async def disable(sessions: Sessions, user_id: int) -> None:
    async with sessions.begin() as session:
        await set_disabled(session, user_id, utc_now())


async def erase(sessions: Sessions, user_id: int) -> None:
    async with sessions.begin() as session:
        await erasing.erase(session, user_id)


async def test_the_last_admin_is_neither_disabled_nor_erased(sessions: Sessions) -> None:
    await disable(sessions, 2)
    for change in (disable, erase):
        with pytest.raises(Conflict) as refusal:
            await change(sessions, 1)
        assert str(refusal.value) == LAST_ADMIN
    for change, user_id in ((disable, 3), (erase, 3), (erase, 2)):
        await change(sessions, user_id)


async def test_two_admins_who_erase_each_other_at_once_do_not_both_leave(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await erasing.erase(session, 1)
        other = asyncio.create_task(erase(sessions, 2))
        async with sessions() as watch:
            while not other.done() and not await watch.scalar(WAITING):
                await watch.rollback()
    with pytest.raises(Conflict):
        await other
