"""How much video time is assigned to a day: of the courses a student has a place in, or of one of them."""

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
