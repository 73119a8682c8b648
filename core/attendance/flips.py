"""Whose days another version of a rule would judge differently: how many and which, in one statement.

Every row of a stretch is looked at once; who was expected is asked of those alone that turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.assigned import asked, status
from core.attendance.expected import EXPECTED, EXPECTED_IN_COURSE
from core.attendance.rejudge import ASKED, Stretch, rule_columns
from core.attendance.rules import Rule, Rules
from core.attendance.school_days import DAYS


class Turn(NamedTuple):
    """What days become, by what watch time alone makes of them, and what of that people would see."""

    new_status: str
    expected: bool
    corrected: bool


class Flip(NamedTuple):
    """A day that another rule judges differently and no correction holds."""

    user_id: int
    username: str
    date: date
    total_time: timedelta
    old_status: str
    new_status: str
    required_seconds: int
    expected: bool


class Wanted(NamedTuple):
    """Which page of the days that turn is wanted: how many rows, behind which user and date."""

    limit: int
    after: tuple[int, date] = (0, date.min)


@dataclass(slots=True)
class Flips:
    """How many days turn to what, and a page of those that do, by user and date."""

    counted: dict[Turn, int] = field(default_factory=dict)
    listed: list[Flip] = field(default_factory=list)


_COUNTED_AND_LISTED = """
WITH flips AS MATERIALIZED ({flips})
SELECT NULL AS user_id, NULL AS username, NULL AS date, NULL AS total_time, NULL AS old_status,
       new_status, NULL AS required_seconds, expected, corrected, count(*) AS days
FROM flips GROUP BY new_status, expected, corrected
UNION ALL
(SELECT user_id, username, date, total_time, old_status, new_status, required_seconds, expected, corrected, 1
 FROM flips JOIN users ON users.id = user_id
 WHERE NOT corrected AND (user_id, date) > (:after_user, :after_date)
 ORDER BY user_id, date LIMIT :limit)
"""
"""Counts are rows without a user."""

_NOW = "asked.required_seconds"
_OF_SCHOOL = f"""
SELECT u.id AS user_id, d.date, a.total_time, a.status AS old_status,
       {status("a.total_time", _NOW)} AS new_status, {_NOW}, {EXPECTED} AS expected,
       k.user_id IS NOT NULL AS corrected
FROM {DAYS} JOIN attendance a ON a.date = d.date JOIN users u ON u.id = a.user_id
LEFT JOIN attendance_corrections k ON k.user_id = a.user_id AND k.date = a.date
CROSS JOIN LATERAL {ASKED} AS asked
WHERE a.date BETWEEN :first AND :last AND a.status <> {status("a.total_time", _NOW)}
"""  # noqa: S608 - nothing but constants

_BEFORE = "before.required_seconds"
_OF_COURSE = f"""
SELECT u.id AS user_id, d.date, w.total_time, {status("w.total_time", _BEFORE)} AS old_status,
       {status("w.total_time", _NOW)} AS new_status, {_NOW}, {EXPECTED_IN_COURSE} AS expected,
       k.user_id IS NOT NULL AS corrected
FROM (
    SELECT p.user_id, p.date, sum(p.watch_time) AS total_time
    FROM progress p JOIN videos v ON v.id = p.video_id
    WHERE v.course_id = :course_id AND p.date BETWEEN :first AND :last GROUP BY p.user_id, p.date
) AS w
JOIN {DAYS} ON d.date = w.date
JOIN unnest(CAST(:dates AS date[]), CAST(:old_minimums AS int[]), CAST(:old_shares AS numeric[]))
    AS old (date, minimum, share) ON old.date = d.date
JOIN users u ON u.id = w.user_id
JOIN registrations r ON r.user_id = u.id AND r.course_id = :course_id JOIN courses c ON c.id = r.course_id
LEFT JOIN attendance_corrections k ON k.user_id = u.id AND k.date = d.date
CROSS JOIN LATERAL {ASKED} AS asked CROSS JOIN LATERAL {asked("old.minimum", "old.share")} AS before
WHERE {status("w.total_time", _BEFORE)} <> {status("w.total_time", _NOW)}
"""  # noqa: S608 - likewise

_FLIPS_OF_SCHOOL = text(_COUNTED_AND_LISTED.format(flips=_OF_SCHOOL))
_FLIPS_OF_COURSE = text(_COUNTED_AND_LISTED.format(flips=_OF_COURSE))


async def flips_of_school(session: AsyncSession, stretch: Stretch, rule: Rule, wanted: Wanted) -> Flips:
    """Return which rows of `attendance` a rule would judge differently from what they say."""
    return await _found(session, _FLIPS_OF_SCHOOL, stretch, wanted, rule_columns(rule))


async def flips_of_course(
    session: AsyncSession, course_id: int, stretch: Stretch, rules: Rules, rule: Rule, wanted: Wanted
) -> Flips:
    """Return which days of a course's list a rule would judge differently from the rules it is judged by."""
    before = [rules.on(day) for day in stretch.days]
    asked_before = {
        "old_minimums": [one.minimum_seconds for one in before],
        "old_shares": [one.minimum_share for one in before],
    }
    columns = {**rule_columns(rule), **asked_before, "course_id": course_id}
    return await _found(session, _FLIPS_OF_COURSE, stretch, wanted, columns)


async def _found(
    session: AsyncSession,
    statement: TextClause,
    stretch: Stretch,
    wanted: Wanted,
    columns: Mapping[str, object],
) -> Flips:
    page = {"after_user": wanted.after[0], "after_date": wanted.after[1], "limit": wanted.limit}
    found = Flips()
    for row in await session.execute(statement, {**stretch.columns, **columns, **page}):
        if row.user_id is None:
            found.counted[Turn(row.new_status, row.expected, row.corrected)] = row.days
        else:
            found.listed.append(Flip(*row[: len(Flip._fields)]))
    return found
