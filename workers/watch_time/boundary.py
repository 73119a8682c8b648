"""Up to which local day the log is pruned: statements on `pruning`.

Read it behind the policy lock, like the policy: a batch then has the boundary until it commits.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.calendar import day_start
from core.tables import Pruning
from workers.watch_time.refold import EARLIEST

KEPT = timedelta(hours=48)
"""What stays of the log before the boundary: the day before it and the longest span, in whatever zone."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Days before `before` are pruned: they keep the rows they have, and no event of theirs is applied."""

    before: date = date.min
    pruned_at: datetime = EARLIEST

    def __bool__(self) -> bool:
        return self.before > date.min

    def refusal(self, day: date) -> str | None:
        """Return why an event of a local day cannot be applied any more, or None."""
        if day >= self.before:
            return None
        return f"{day} is pruned: the log before {self.before} was removed on {self.pruned_at.date()}"


NOTHING_PRUNED = Boundary()


def kept_from(before: date, zone: ZoneInfo) -> datetime:
    """Return the instant from which the log stays when the days before a date are pruned."""
    return day_start(before, zone) - KEPT


async def load_boundary(session: AsyncSession) -> Boundary:
    """Return the boundary, which never moves back."""
    stored = (await session.execute(select(Pruning))).scalar_one_or_none()
    return Boundary(stored.before, stored.pruned_at) if stored else NOTHING_PRUNED


async def move_boundary(session: AsyncSession, boundary: Boundary) -> None:
    """Store a boundary; one as far as that, or further, stays as it is."""
    values = {"before": boundary.before, "pruned_at": boundary.pruned_at}
    statement = insert(Pruning).values(id=1, **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=values, where=Pruning.before < boundary.before
        )
    )
