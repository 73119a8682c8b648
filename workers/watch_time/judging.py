"""By which rule each day of a user is judged, and what it asks for.

With a share of the day's assigned video time that depends on what changes later. So it is written down with
the row: anew with each write while events of the day may still come, and from then on by nobody but whoever
applies a rule.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.assigned import assigned_among
from core.attendance.rules import Rules, judged
from core.calendar import local_date
from core.policy import Policy
from events.meaning.fold import AttendanceRow

AttendanceKey = tuple[int, date]
"""`(user_id, date)`"""


class Asked(NamedTuple):
    """What a day asks for, and which rule says so; None is the policy's minimum."""

    rule_id: int | None
    required_seconds: int


@dataclass(frozen=True, slots=True)
class Judge:
    """The school's rules, as of an instant. Good for one transaction that holds the policy lock."""

    policy: Policy
    rules: Rules
    now: datetime

    async def asked(
        self, session: AsyncSession, keys: Collection[AttendanceKey]
    ) -> dict[AttendanceKey, Asked]:
        """Return what some days of locked users ask for."""
        rules = {day: self.rules.on(day) for _, day in keys}
        shared = [key for key in keys if rules[key[1]].minimum_share is not None]
        kept = await stored(session, [key for key in shared if self._is_final(key[1])]) if shared else {}
        assigned = await assigned_among(session, self.policy.zone, [key for key in shared if key not in kept])
        fresh = {
            (user_id, day): Asked(rules[day].id, rules[day].required_seconds(assigned.get((user_id, day), 0)))
            for user_id, day in keys
        }
        return fresh | kept

    def due(self, day: date, had: Asked | None) -> Asked:
        """Return what a day should have been judged by that was judged by `had`.

        What a share came to when the row was written is taken as it is.
        """
        rule = self.rules.on(day)
        if had is not None and rule.minimum_share is not None:
            return Asked(rule.id, had.required_seconds)
        return Asked(rule.id, rule.minimum_seconds)

    def _is_final(self, day: date) -> bool:
        return day < local_date(self.now, self.policy.zone) - timedelta(days=self.policy.late_days)


def by_rule(row: AttendanceRow, asked: Asked) -> AttendanceRow:
    """Return a row with the status that its watch time makes of what its day asked for."""
    status = judged(row.total_time, asked.required_seconds)
    return AttendanceRow(status.value, row.total_time, row.overlap_time)


_STORED = text("""
SELECT a.user_id, a.date, a.rule_id, a.required_seconds
FROM unnest(CAST(:user_id AS bigint[]), CAST(:date AS date[])) AS k (user_id, date)
JOIN attendance a USING (user_id, date)
WHERE a.required_seconds IS NOT NULL
""")


async def stored(session: AsyncSession, keys: Collection[AttendanceKey]) -> dict[AttendanceKey, Asked]:
    """Return what stored rows were judged by; not of those written before there were rules."""
    if not keys:
        return {}
    columns = {"user_id": [user_id for user_id, _ in keys], "date": [day for _, day in keys]}
    return {
        (row.user_id, row.date): Asked(row.rule_id, row.required_seconds)
        for row in await session.execute(_STORED, columns)
    }
