"""How much video time is assigned to a day, and what rules ask for by it."""

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.expected import COURSE_RUNS
from core.attendance.school_days import DAYS, SchoolDays

ASSIGNED = f"""(SELECT coalesce(sum(v.duration_seconds), 0)
    FROM registrations r JOIN courses c ON c.id = r.course_id
    JOIN videos v ON v.course_id = c.id AND v.assigned_on = d.date
    WHERE r.user_id = u.id AND r.created_at < d.ends_at AND {COURSE_RUNS}
      AND v.removed_at IS NULL AND v.unavailable IS NULL
      AND (CAST(:course_id AS bigint) IS NULL OR c.id = :course_id))"""  # noqa: S608 - nothing but constants
"""Of a user `u` on a day `d`, in seconds: what of it can be watched, and has a known duration."""


def asked(minimum: str, share: str) -> str:
    """Return, in SQL, what a rule asks of a user `u` on a day `d`: a relation of one `required_seconds`.

    Video time is only added up where there is a share; as `Rule.required_seconds` has it.
    """
    return f"""(SELECT CAST(CASE WHEN assigned.seconds = 0 THEN {minimum}
            ELSE ceil({share} * assigned.seconds) END AS int) AS required_seconds
        FROM (SELECT CASE WHEN {share} IS NULL THEN 0 ELSE {ASSIGNED} END AS seconds) AS assigned)"""  # noqa: S608


def status(total_time: str, required_seconds: str) -> str:
    """Return, in SQL, what watch time makes of a day; as `rules.judged` has it."""
    return f"""CASE WHEN {total_time} >= {required_seconds} * INTERVAL '1 second'
        THEN 'present' ELSE 'absent' END"""


_ASSIGNED_AMONG = text(f"""
SELECT u.id, d.date, {ASSIGNED} AS seconds
FROM unnest(CAST(:user_ids AS bigint[]), CAST(:key_dates AS date[])) AS k (user_id, date)
JOIN {DAYS} ON d.date = k.date
JOIN users u ON u.id = k.user_id
""")  # noqa: S608 - nothing but constants


async def assigned_among(
    session: AsyncSession,
    zone: ZoneInfo,
    keys: Collection[tuple[int, date]],
    course_id: int | None = None,
) -> dict[tuple[int, date], int]:
    """Return the seconds assigned to some users on some dates."""
    if not keys:
        return {}
    columns = SchoolDays(zone).columns(sorted({day for _, day in keys}))
    asked = {
        "user_ids": [user_id for user_id, _ in keys],
        "key_dates": [day for _, day in keys],
        "course_id": course_id,
    }
    rows = await session.execute(_ASSIGNED_AMONG, columns | asked)
    return {(row.id, row.date): row.seconds for row in rows}
