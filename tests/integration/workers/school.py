"""What the rows of a school are, and how it starts over."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete

from core.database import Sessions
from core.policy import Policy
from core.policy_store import store_policy
from core.tables import Attendance, Player, Progress, ProgressEvent, Pruning
from tests.histories import AttendanceRows, ProgressRows, together
from workers.watch_time import rows
from workers.watch_time.rebuild import Difference, verify
from workers.watch_time.scope import EVERYTHING, Scope

USERS = (1, 2, 3)


async def start_over(sessions: Sessions, policy: Policy) -> None:
    async with sessions.begin() as session:
        for table in (Attendance, Progress, Player, ProgressEvent, Pruning):
            await session.execute(delete(table))
        await store_policy(session, policy)


async def stored_rows(sessions: Sessions) -> tuple[ProgressRows, AttendanceRows]:
    async with sessions.begin() as session:
        return together(await rows.stored(session, USERS))


async def differences(sessions: Sessions, policy: Policy, scope: Scope = EVERYTHING) -> list[Difference]:
    return [found async for _, portion in verify(sessions, policy, scope) for found in portion]


def since(day: date, rows: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the rows of a local date and later; the date is the last part of a key."""
    return {key: row for key, row in rows.items() if key[-1] >= day}


def until(day: date, rows: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: row for key, row in rows.items() if key[-1] < day}
