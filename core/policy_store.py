"""The policy stored with the rows. Owns the table `policy`.

Rows computed under one policy are wrong under another, so a process whose settings differ refuses to start.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import EduTrackError
from core.policy import Overlap, Policy
from core.tables import StoredPolicy


class PolicyMismatch(EduTrackError):
    """The settings ask for another policy than the one the rows were computed under."""

    def __init__(self, differing: Mapping[str, tuple[object, object]]) -> None:
        listed = ", ".join(
            f"EDUTRACK_{name.upper()} is {asked} but the stored rows use {stored}"
            for name, (asked, stored) in differing.items()
        )
        super().__init__(
            f"{listed}. Set it back, or adopt the new value for all rows with `edutrack rebuild --policy`."
        )


async def check_policy(session: AsyncSession, policy: Policy) -> None:
    """Store the policy if none is stored yet, else require it; what every process does at its start.

    Raises:
        PolicyMismatch: another one is stored.

    """
    await session.execute(insert(StoredPolicy).values(id=1, **_values(policy)).on_conflict_do_nothing())
    await require_policy(session, policy)


async def require_policy(session: AsyncSession, policy: Policy) -> None:
    """Hold a policy against the stored one.

    Raises:
        PolicyMismatch: they differ.

    """
    hold_against(await load_policy(session), policy)


def hold_against(stored: Policy, policy: Policy) -> None:
    """Compare a policy with the stored one.

    Raises:
        PolicyMismatch: they differ.

    """
    have, asked = _values(stored), _values(policy)
    differing = {name: (asked[name], have[name]) for name in asked if asked[name] != have[name]}
    if differing:
        raise PolicyMismatch(differing)


async def load_policy(session: AsyncSession) -> Policy:
    """Return the stored policy."""
    return policy_of((await session.execute(select(StoredPolicy))).scalar_one())


def policy_of(row: Any) -> Policy:
    """Return the policy in a row that has the columns of its table."""
    return Policy(
        timezone=row.timezone,
        overlap=Overlap(row.overlap),
        late_days=row.late_days,
        attendance_min_seconds=row.attendance_min_seconds,
    )


async def store_policy(session: AsyncSession, policy: Policy) -> None:
    """Put a policy in the place of the stored one; the caller rebuilds the rows in the same transaction."""
    statement = insert(StoredPolicy).values(id=1, **_values(policy))
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=_values(policy)))


def _values(policy: Policy) -> dict[str, str | int]:
    return {
        "timezone": policy.timezone,
        "overlap": policy.overlap.value,
        "late_days": policy.late_days,
        "attendance_min_seconds": policy.attendance_min_seconds,
    }
