"""Statements on the rows the log means: `progress` and `attendance`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from events.meaning.fold import AttendanceRow, ProgressRow, Rows
from events.schemas import ProgressRecord
from workers.watch_time.judging import Asked, AttendanceKey, Judge, by_rule
from workers.watch_time.refold import Days

ProgressKey = tuple[int, int, date]
"""`(user_id, video_id, date)`"""


async def replace(session: AsyncSession, folded: Mapping[Days, Rows], judge: Judge) -> None:
    """Make the rows of each stretch of days be those folded; what was folded beyond its days is not used.

    Rows that are already as they should be are left alone, so that a repeat writes nothing.
    """
    progress: dict[ProgressKey, ProgressRow] = {}
    attendance: dict[AttendanceKey, AttendanceRow] = {}
    for days, found in folded.items():
        progress |= {
            (days.user_id, video_id, day): row
            for (video_id, day), row in found.progress.items()
            if day in days
        }
        attendance |= {(days.user_id, day): row for day, row in found.attendance.items() if day in days}
    await _put_progress(session, progress)
    await _put_attendance(session, attendance, await judge.asked(session, attendance))
    await _delete_stale(session, list(folded), progress.keys())


_ADD_PROGRESS = text("""
INSERT INTO progress AS p (user_id, video_id, date, start_time, first_start_time, end_time, watch_time)
SELECT user_id, video_id, date, start_time, first_start_time, end_time, added * INTERVAL '1 microsecond'
FROM unnest(
    CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:date AS date[]),
    CAST(:start_time AS timestamptz[]), CAST(:first_start_time AS timestamptz[]),
    CAST(:end_time AS timestamptz[]), CAST(:added AS bigint[]))
    AS a (user_id, video_id, date, start_time, first_start_time, end_time, added)
ON CONFLICT (user_id, video_id, date) DO UPDATE
SET start_time = greatest(p.start_time, excluded.start_time),
    first_start_time = least(p.first_start_time, excluded.first_start_time),
    end_time = greatest(p.end_time, excluded.end_time),
    watch_time = p.watch_time + excluded.watch_time
""")
_ADD_ATTENDANCE = text("""
INSERT INTO attendance AS a (user_id, date, status, total_time, overlap_time, rule_id, required_seconds)
SELECT user_id, date,
       CASE WHEN added * INTERVAL '1 microsecond' >= required * INTERVAL '1 second'
            THEN 'present' ELSE 'absent' END,
       added * INTERVAL '1 microsecond', INTERVAL '0', rule_id, required
FROM unnest(CAST(:user_id AS bigint[]), CAST(:date AS date[]), CAST(:added AS bigint[]),
            CAST(:rule_id AS bigint[]), CAST(:required AS int[]))
    AS n (user_id, date, added, rule_id, required)
ON CONFLICT (user_id, date) DO UPDATE
SET total_time = a.total_time + excluded.total_time,
    status = CASE WHEN a.total_time + excluded.total_time >= excluded.required_seconds * INTERVAL '1 second'
                  THEN 'present' ELSE 'absent' END,
    rule_id = excluded.rule_id, required_seconds = excluded.required_seconds
""")


async def add(
    session: AsyncSession, added: Mapping[int, Mapping[tuple[int, date], ProgressRow]], judge: Judge
) -> None:
    """Add differences, by user, video and date, to the rows as they stand.

    Never to be repeated: the log, in the same transaction, lets each event come here once.
    """
    progress = sorted(
        (user_id, video_id, day, row)
        for user_id, rows in added.items()
        for (video_id, day), row in rows.items()
    )
    totals: dict[AttendanceKey, int] = defaultdict(int)
    for user_id, _, day, row in progress:
        totals[user_id, day] += row.watch_time // timedelta.resolution
    asked = await judge.asked(session, totals)
    await session.execute(
        _ADD_PROGRESS,
        {
            "user_id": [user_id for user_id, _, _, _ in progress],
            "video_id": [video_id for _, video_id, _, _ in progress],
            "date": [day for _, _, day, _ in progress],
            "start_time": [row.start_time for _, _, _, row in progress],
            "first_start_time": [row.first_start_time for _, _, _, row in progress],
            "end_time": [row.end_time for _, _, _, row in progress],
            "added": [row.watch_time // timedelta.resolution for _, _, _, row in progress],
        },
    )
    await session.execute(
        _ADD_ATTENDANCE,
        {
            "user_id": [user_id for user_id, _ in totals],
            "date": [day for _, day in totals],
            "added": list(totals.values()),
            "rule_id": [asked[key].rule_id for key in totals],
            "required": [asked[key].required_seconds for key in totals],
        },
    )


_PUT_PROGRESS = text("""
INSERT INTO progress AS p (user_id, video_id, date, start_time, first_start_time, end_time, watch_time)
SELECT * FROM unnest(
    CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:date AS date[]),
    CAST(:start_time AS timestamptz[]), CAST(:first_start_time AS timestamptz[]),
    CAST(:end_time AS timestamptz[]), CAST(:watch_time AS interval[]))
ON CONFLICT (user_id, video_id, date) DO UPDATE
SET start_time = excluded.start_time, first_start_time = excluded.first_start_time,
    end_time = excluded.end_time, watch_time = excluded.watch_time
WHERE (p.start_time, p.first_start_time, p.end_time, p.watch_time)
   IS DISTINCT FROM (excluded.start_time, excluded.first_start_time, excluded.end_time, excluded.watch_time)
""")


async def _put_progress(session: AsyncSession, rows: Mapping[ProgressKey, ProgressRow]) -> None:
    """Make progress rows be as given; one that is already is left alone."""
    keys = sorted(rows)
    columns = {
        "user_id": [key[0] for key in keys],
        "video_id": [key[1] for key in keys],
        "date": [key[2] for key in keys],
        "start_time": [rows[key].start_time for key in keys],
        "first_start_time": [rows[key].first_start_time for key in keys],
        "end_time": [rows[key].end_time for key in keys],
        "watch_time": [rows[key].watch_time for key in keys],
    }
    await session.execute(_PUT_PROGRESS, columns)


_PUT_ATTENDANCE = text("""
INSERT INTO attendance AS a (user_id, date, status, total_time, overlap_time, rule_id, required_seconds)
SELECT * FROM unnest(CAST(:user_id AS bigint[]), CAST(:date AS date[]), CAST(:status AS text[]),
                     CAST(:total_time AS interval[]), CAST(:overlap_time AS interval[]),
                     CAST(:rule_id AS bigint[]), CAST(:required AS int[]))
ON CONFLICT (user_id, date) DO UPDATE
SET status = excluded.status, total_time = excluded.total_time, overlap_time = excluded.overlap_time,
    rule_id = excluded.rule_id, required_seconds = excluded.required_seconds
WHERE (a.status, a.total_time, a.overlap_time, a.rule_id, a.required_seconds) IS DISTINCT FROM
      (excluded.status, excluded.total_time, excluded.overlap_time, excluded.rule_id,
       excluded.required_seconds)
""")


async def _put_attendance(
    session: AsyncSession, folded: Mapping[AttendanceKey, AttendanceRow], asked: Mapping[AttendanceKey, Asked]
) -> None:
    """Make attendance rows be as folded and asked; one that is already is left alone."""
    keys = sorted(folded)
    rows = {key: by_rule(row, asked[key]) for key, row in folded.items()}
    columns = {
        "user_id": [key[0] for key in keys],
        "date": [key[1] for key in keys],
        "status": [rows[key].status for key in keys],
        "total_time": [rows[key].total_time for key in keys],
        "overlap_time": [rows[key].overlap_time for key in keys],
        "rule_id": [asked[key].rule_id for key in keys],
        "required": [asked[key].required_seconds for key in keys],
    }
    await session.execute(_PUT_ATTENDANCE, columns)


_DELETE_STALE = text("""
WITH refolded AS (
    SELECT * FROM unnest(CAST(:user_id AS bigint[]), CAST(:first AS date[]), CAST(:last AS date[]))
        AS r (user_id, first, last)
), kept AS (
    SELECT * FROM unnest(CAST(:kept_user AS bigint[]), CAST(:kept_video AS bigint[]),
                         CAST(:kept_date AS date[]))
        AS k (user_id, video_id, date)
), stale_progress AS (
    DELETE FROM progress p USING refolded r
    WHERE p.user_id = r.user_id AND p.date BETWEEN r.first AND r.last
      AND (p.user_id, p.video_id, p.date) NOT IN (SELECT user_id, video_id, date FROM kept)
)
DELETE FROM attendance a USING refolded r
WHERE a.user_id = r.user_id AND a.date BETWEEN r.first AND r.last
  AND (a.user_id, a.date) NOT IN (SELECT user_id, date FROM kept)
""")


async def _delete_stale(
    session: AsyncSession, refolded: Sequence[Days], kept: Collection[ProgressKey]
) -> None:
    """Delete rows that lost their cause: those of the refolded days that are not in `kept`."""
    columns = {
        "user_id": [days.user_id for days in refolded],
        "first": [days.first for days in refolded],
        "last": [days.last for days in refolded],
        "kept_user": [key[0] for key in kept],
        "kept_video": [key[1] for key in kept],
        "kept_date": [key[2] for key in kept],
    }
    await session.execute(_DELETE_STALE, columns)


_RECORDS = text("""
SELECT p.id, p.user_id, p.video_id, p.date, p.start_time, p.first_start_time, p.end_time, p.watch_time
FROM unnest(CAST(:user_id AS bigint[]), CAST(:video_id AS bigint[]), CAST(:date AS date[]))
    AS wanted (user_id, video_id, date)
JOIN progress p USING (user_id, video_id, date)
""")


async def records(session: AsyncSession, keys: Collection[ProgressKey]) -> dict[ProgressKey, ProgressRecord]:
    """Return progress rows as records, by key; keys without a row are left out."""
    wanted = list(keys)
    columns = {
        "user_id": [key[0] for key in wanted],
        "video_id": [key[1] for key in wanted],
        "date": [key[2] for key in wanted],
    }
    return {
        (row.user_id, row.video_id, row.date): ProgressRecord(
            id=row.id,
            user_id=row.user_id,
            video_id=row.video_id,
            date=row.date,
            start_time=row.start_time,
            first_start_time=row.first_start_time,
            end_time=row.end_time,
            watch_time_us=row.watch_time // timedelta.resolution,
        )
        for row in await session.execute(_RECORDS, columns)
    }


_PROGRESS_OF = text("""
SELECT user_id, video_id, date, start_time, first_start_time, end_time, watch_time
FROM progress WHERE user_id = ANY(:ids) AND date BETWEEN :first AND :last
""")
_ATTENDANCE_OF = text("""
SELECT user_id, date, status, total_time, overlap_time
FROM attendance WHERE user_id = ANY(:ids) AND date BETWEEN :first AND :last
""")


async def stored(
    session: AsyncSession, user_ids: Collection[int], first: date = date.min, last: date = date.max
) -> dict[int, Rows]:
    """Return the rows of some users on some dates as they stand, by user."""
    asked = {"ids": list(user_ids), "first": first, "last": last}
    progress: dict[int, dict[tuple[int, date], ProgressRow]] = {user_id: {} for user_id in user_ids}
    attendance: dict[int, dict[date, AttendanceRow]] = {user_id: {} for user_id in user_ids}
    for row in await session.execute(_PROGRESS_OF, asked):
        progress[row.user_id][row.video_id, row.date] = ProgressRow(
            row.start_time, row.first_start_time, row.end_time, row.watch_time
        )
    for row in await session.execute(_ATTENDANCE_OF, asked):
        attendance[row.user_id][row.date] = AttendanceRow(row.status, row.total_time, row.overlap_time)
    return {user_id: Rows(progress[user_id], attendance[user_id]) for user_id in user_ids}
