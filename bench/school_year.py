"""A school of 100,000 students with a month of days each, and some of them with those of a school year.

Made by SQL. A school year of all of them would be 19 million days, and take longer to make than to measure;
what people read is a month of the school or a year of a student, and both are here in full. All have places
in one course; days that are final are closed, with their roll.
"""

from datetime import date, timedelta

from bench import database
from bench.stage import VIDEOS, Site

STUDENTS = 100_000
MONTH = 31
YEAR = 266
"""Days back; with five days of school a week, 190 of school."""
OF_YEAR = 50
"""Every so many students have a year."""
LATE_DAYS = 7
COURSE = 1

_PLACES = """
INSERT INTO registrations (user_id, course_id, created_at)
SELECT id, 1, created_at FROM users WHERE role = 'student'
"""
_CALENDAR = "INSERT INTO school_calendar (weekdays, version) VALUES ('{1,2,3,4,5}', 1)"
_ASSIGNED = "UPDATE videos SET duration_seconds = 600, assigned_on = CAST($1 AS date) - (id - 1)::int"

# Four of five students watched something on a school day; what, comes from a hash.
_DAYS = f"""
(SELECT student, CAST($1 AS date) - day AS date, 1 + (student + day) % {VIDEOS} AS video_id, total.seconds
 FROM generate_series(1, $2::int) AS student,
      generate_series(0, CASE WHEN student % {OF_YEAR} = 0 THEN {YEAR} ELSE {MONTH} END - 1) AS day,
      LATERAL (SELECT abs(hashint8(student * 1000 + day)) % 7200 AS seconds) AS total
 WHERE total.seconds % 5 <> 0 AND extract(isodow FROM CAST($1 AS date) - day) < 6) AS watched
"""
_PROGRESS = f"""
INSERT INTO progress (user_id, video_id, date, watch_time)
SELECT student, video_id, date, seconds * INTERVAL '1 second' FROM {_DAYS}
"""
_ATTENDANCE = f"""
INSERT INTO attendance (user_id, date, status, total_time, overlap_time, required_seconds)
SELECT student, date, CASE WHEN seconds >= 30 THEN 'present' ELSE 'absent' END,
       seconds * INTERVAL '1 second', INTERVAL '0', 30 FROM {_DAYS}
"""
_CLOSED = """
INSERT INTO closed_days (date, is_school_day, expected)
SELECT CAST($1 AS date) - day, extract(isodow FROM CAST($1 AS date) - day) < 6, $2::int
FROM generate_series($3::int, $4::int) AS day
"""
_ROLL = """
INSERT INTO roll (user_id, date)
SELECT student, date FROM closed_days, generate_series(1, $2::int) AS student
WHERE is_school_day AND (date > CAST($1 AS date) - $3::int OR student % $4::int = 0)
"""
_TIDY = "VACUUM (ANALYZE) users, videos, registrations, progress, attendance, closed_days, roll"


def furnish(site: Site, today: date, students: int = STUDENTS) -> None:
    """Fill a school whose students are there; takes minutes for 100,000."""

    def do(statement: str, *arguments: object) -> None:
        database.ask(site.database_url, statement, *arguments)

    do(_PLACES)
    do(_CALENDAR)
    do(_ASSIGNED, today)
    do(_PROGRESS, today, students)
    do(_ATTENDANCE, today, students)
    do(_CLOSED, today, students, LATE_DAYS + 1, YEAR - 1)
    do(_ROLL, today, students, MONTH, OF_YEAR)
    do(_TIDY)


def first_of_month(today: date) -> date:
    """Return the first day of which everybody has rows."""
    return today - timedelta(days=MONTH - 1)


def closed_sunday(today: date) -> date:
    """Return a Sunday that is closed."""
    return today - timedelta(days=2 * LATE_DAYS + today.isoweekday() % 7)
