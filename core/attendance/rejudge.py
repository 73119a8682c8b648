"""The rows of `attendance` by another version of the school's rule: who would flip, and making it so.

No total changes, so nothing is folded again, and days whose log is pruned are judged like all others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.assigned import ASSIGNED
from core.attendance.expected import EXPECTED
from core.attendance.rule_store import load_rules
from core.attendance.rules import Rule
from core.attendance.school_days import DAYS, SchoolDays, load_school_days
from core.calendar import local_date
from core.locks import AdvisoryLock
from core.policy import Policy


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
        "SELECT count(*) FROM (SELECT FROM attendance WHERE date = ANY(:dates) LIMIT :at_most) AS counted"
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

_FLIPS = f"""
SELECT f.user_id, f.username, f.date, f.total_time, f.old_status, f.new_status, f.required_seconds,
       {EXPECTED} AS expected, k.status AS correction
FROM ({_JUDGED}) AS f JOIN {DAYS} ON d.date = f.date JOIN users u ON u.id = f.user_id
LEFT JOIN attendance_corrections k ON k.user_id = f.user_id AND k.date = f.date
WHERE f.old_status <> f.new_status
"""  # noqa: S608 - likewise

_COUNTED = text(f"""
SELECT new_status, expected, correction IS NOT NULL AS corrected, count(*) AS days
FROM ({_FLIPS}) AS flips GROUP BY 1, 2, 3
""")  # noqa: S608 - likewise

_PAGE = text(f"""
{_FLIPS} AND k.user_id IS NULL AND (f.user_id, f.date) > (:after_user, :after_date)
ORDER BY f.user_id, f.date LIMIT :limit
""")

_REJUDGE = text(f"""
UPDATE attendance AS a
SET status = j.new_status, required_seconds = j.required_seconds, rule_id = :rule_id
FROM ({_JUDGED}) AS j
WHERE a.user_id = j.user_id AND a.date = j.date
""")  # noqa: S608 - likewise


async def count_flips(session: AsyncSession, stretch: Stretch, rule: Rule) -> list[Row[Any]]:
    """Return how many days a rule would judge differently: to what, expected or not, corrected or not."""
    return list(await session.execute(_COUNTED, _parameters(stretch, rule)))


async def flips(
    session: AsyncSession, stretch: Stretch, rule: Rule, *, after: tuple[int, date], limit: int
) -> list[Flip]:
    """Return the days that a rule would judge differently and no correction holds, by user and date."""
    asked = {"after_user": after[0], "after_date": after[1], "limit": limit}
    return [Flip(*row) for row in await session.execute(_PAGE, _parameters(stretch, rule) | asked)]


async def rejudge(session: AsyncSession, stretch: Stretch, rule: Rule) -> None:
    """Let a rule judge its days. The caller holds the policy lock."""
    await session.execute(_REJUDGE, {**_parameters(stretch, rule), "rule_id": rule.id})


async def reassess(
    session: AsyncSession, policy: Policy, now: datetime, days: Collection[date | None]
) -> None:
    """Judge days anew to which something else is assigned now, where a rule asks for a share of that.

    Only days that are not final; what those ask for stays. Workers wait until the transaction ends.
    """
    today = local_date(now, policy.zone)
    first_open = today - timedelta(days=policy.late_days)
    moving = sorted(day for day in days if day is not None and first_open <= day <= today)
    rules = await load_rules(session, policy) if moving else None
    if rules is None or all(rules.on(day).minimum_share is None for day in moving):
        return
    await take_policy_lock(session)
    rules = await load_rules(session, policy)
    for day in moving:
        await judge_day(session, policy.zone, day, rules.on(day))


async def judge_day(session: AsyncSession, zone: ZoneInfo, day: date, rule: Rule) -> None:
    """Let a rule judge one day by what is assigned to it now. The caller shares the policy lock at least."""
    await rejudge(session, Stretch((day,), SchoolDays(zone)), rule)


def _parameters(stretch: Stretch, rule: Rule) -> dict[str, Any]:
    return {
        **stretch.columns,
        "minimum": rule.minimum_seconds,
        "share": rule.minimum_share,
        "course_id": None,
    }
