"""The rows of `attendance` by another version of the school's rule: judging them anew.

No total changes, so nothing is folded again, and days whose log is pruned are judged like all others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.assigned import asked, status
from core.attendance.rule_store import load_rules
from core.attendance.rules import Rule
from core.attendance.school_days import DAYS, SchoolDays, load_school_days
from core.calendar import local_date
from core.locks import AdvisoryLock
from core.policy import Policy


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of which rows exist that a rule judges, and what the calendar knows of them."""

    days: Sequence[date]
    school_days: SchoolDays

    @property
    def columns(self) -> dict[str, object]:
        """Return the parameters of `DAYS`, and the first and the last of them."""
        ends = {"first": min(self.days, default=None), "last": max(self.days, default=None)}
        return self.school_days.columns(self.days) | ends


ASKED = asked("CAST(:minimum AS int)", "CAST(:share AS numeric)")
"""What the rule of `rule_columns` asks for."""


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


_ALL = f"{DAYS} CROSS JOIN users u CROSS JOIN LATERAL {ASKED} AS asked"
_OTHERWISE = """a.date = d.date AND a.user_id = u.id AND a.date BETWEEN :first AND :last
  AND (a.rule_id, a.required_seconds) IS DISTINCT FROM (CAST(:rule_id AS bigint), asked.required_seconds)"""
"""Rows `a` that are judged by something else than they should be."""

_REJUDGE = f"""
UPDATE attendance AS a
SET status = {status("a.total_time", "asked.required_seconds")}, required_seconds = asked.required_seconds,
    rule_id = :rule_id
FROM {_ALL} WHERE {_OTHERWISE}
"""  # noqa: S608 - nothing but constants
"""Judges rows as they are when it comes to them, also where it had to wait for somebody who wrote one."""

_REJUDGE_ALL = text(_REJUDGE)
_REJUDGE_OF_USERS = text(f"{_REJUDGE} AND a.user_id = ANY(:user_ids)")
_JUDGED_OTHERWISE = text(f"SELECT a.user_id FROM attendance a, {_ALL} WHERE {_OTHERWISE}")  # noqa: S608 - likewise
_LOCK_USERS = text("SELECT FROM users WHERE id = ANY(:user_ids) ORDER BY id FOR NO KEY UPDATE")


async def rejudge(session: AsyncSession, stretch: Stretch, rule: Rule) -> None:
    """Let a rule judge its days. The caller holds the policy lock."""
    await session.execute(_REJUDGE_ALL, _columns(stretch, rule))


async def judge_day(session: AsyncSession, zone: ZoneInfo, day: date, rule: Rule) -> None:
    """Let a rule judge one day by what is assigned to it now. The caller shares the policy lock at least.

    Holds the users whose rows change, in ascending order, as workers do: nobody waits in a circle.
    """
    columns = _columns(Stretch((day,), SchoolDays(zone)), rule)
    users = list(await session.scalars(_JUDGED_OTHERWISE, columns))
    if users:
        await session.execute(_LOCK_USERS, {"user_ids": users})
        await session.execute(_REJUDGE_OF_USERS, {**columns, "user_ids": users})


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


def rule_columns(rule: Rule) -> dict[str, object]:
    """Return the parameters of `ASKED` for the school."""
    return {"minimum": rule.minimum_seconds, "share": rule.minimum_share, "course_id": None}


def _columns(stretch: Stretch, rule: Rule) -> dict[str, object]:
    return {**stretch.columns, **rule_columns(rule), "rule_id": rule.id}
