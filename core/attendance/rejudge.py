"""The rows of `attendance` by another version of the school's rule: who would flip, and making it so.

No total changes, so nothing is folded again, and days whose log is pruned are judged like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.assigned import ASSIGNED
from core.attendance.expected import EXPECTED
from core.attendance.rules import Rule
from core.attendance.school_days import DAYS, SchoolDays, load_school_days
from core.locks import AdvisoryLock


class Flip(NamedTuple):
    """A day that another rule judges differently, by what watch time alone makes of it."""

    user_id: int
    username: str
    date: date
    total_time: timedelta
    old_status: str
    new_status: str
    required_seconds: int
    expected: bool
    correction: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of which rows exist that a rule judges, and what the calendar knows of them."""

    days: Sequence[date]
    school_days: SchoolDays

    @property
    def columns(self) -> dict[str, object]:
        return self.school_days.columns(self.days)


async def take_policy_lock(session: AsyncSession) -> None:
    """Wait until nobody writes rows, and let nobody until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": AdvisoryLock.POLICY})


async def stretch_of(session: AsyncSession, zone: ZoneInfo, first: date, until: date | None) -> Stretch:
    """Return the days with rows from a date on, before another one if there is one."""
    statement = text("SELECT min(date), max(date) FROM attendance WHERE date >= :first AND date < :until")
    begin, end = (await session.execute(statement, {"first": first, "until": until or date.max})).one()
    if begin is None:
        return Stretch((), SchoolDays(zone))
    days = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
    return Stretch(days, await load_school_days(session, zone, begin, end))


async def count_rows(session: AsyncSession, stretch: Stretch, at_most: int) -> int:
    """Return how many rows are to be judged, or `at_most` where there are more."""
    statement = text(
        "SELECT count(*) FROM (SELECT FROM attendance WHERE date = ANY(:dates) LIMIT :at_most) AS some"
    )
    counted = await session.execute(statement, {"dates": list(stretch.days), "at_most": at_most})
    return int(counted.scalar_one())


_JUDGED = f"""
SELECT u.id AS user_id, u.username, d.date, a.total_time, a.status AS old_status,
       CASE WHEN a.total_time >= asked.required_seconds * INTERVAL '1 second'
            THEN 'present' ELSE 'absent' END AS new_status,
       asked.required_seconds
FROM {DAYS} JOIN attendance a ON a.date = d.date JOIN users u ON u.id = a.user_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN CAST(:share AS numeric) IS NULL THEN 0 ELSE {ASSIGNED} END AS seconds) AS assigned
CROSS JOIN LATERAL (
    SELECT CAST(CASE WHEN assigned.seconds = 0 THEN :minimum
                     ELSE ceil(CAST(:share AS numeric) * assigned.seconds) END AS int)
           AS required_seconds) AS asked
"""  # noqa: S608 - nothing but constants

_FLIPS = text(f"""
SELECT f.user_id, f.username, f.date, f.total_time, f.old_status, f.new_status, f.required_seconds,
       {EXPECTED} AS expected, k.status AS correction
FROM ({_JUDGED}) AS f JOIN {DAYS} ON d.date = f.date JOIN users u ON u.id = f.user_id
LEFT JOIN attendance_corrections k ON k.user_id = f.user_id AND k.date = f.date
WHERE f.old_status <> f.new_status
ORDER BY f.user_id, f.date
""")  # noqa: S608 - likewise

_REJUDGE = text(f"""
UPDATE attendance AS a
SET status = j.new_status, required_seconds = j.required_seconds, rule_id = :rule_id
FROM ({_JUDGED}) AS j
WHERE a.user_id = j.user_id AND a.date = j.date
""")  # noqa: S608 - likewise


async def flips(session: AsyncSession, stretch: Stretch, rule: Rule) -> list[Flip]:
    """Return the days that a rule would judge differently, by user and date."""
    rows = await session.execute(_FLIPS, _parameters(stretch, rule))
    return [Flip(*row) for row in rows]


async def rejudge(session: AsyncSession, stretch: Stretch, rule: Rule) -> None:
    """Let a rule judge its days. The caller holds the policy lock."""
    await session.execute(_REJUDGE, {**_parameters(stretch, rule), "rule_id": rule.id})


def _parameters(stretch: Stretch, rule: Rule) -> dict[str, Any]:
    return {
        **stretch.columns,
        "minimum": rule.minimum_seconds,
        "share": rule.minimum_share,
        "course_id": None,
    }
