"""Who is expected on a day, in SQL: on a closed day whoever is on its roll, else whom the calendar names.

A student is expected on a school day from the day of joining to that of leaving; one with places in courses
by then, only if one of these courses runs that day.
"""

COURSE_RUNS = """(coalesce(c.first_day <= d.date, true) AND coalesce(d.date <= c.last_day, true)
    AND coalesce(c.archived_at >= d.starts_at, true))"""
"""Whether a course `c` runs on a day `d`."""

IS_STUDENT = """(u.role = 'student'
    AND (u.created_at < d.ends_at
         OR EXISTS (SELECT FROM attendance w WHERE w.user_id = u.id AND w.date = d.date))
    AND coalesce(u.disabled_at >= d.starts_at, true))"""
"""Whether a user `u` was a student of the school on a day `d`. Who watched was there, also where the account
is younger: an event may be reported days after it happened."""

EXPECTED_BY_CALENDAR = f"""({IS_STUDENT} AND d.is_school_day AND coalesce((
    SELECT bool_or({COURSE_RUNS}) FROM registrations r JOIN courses c ON c.id = r.course_id
    WHERE r.user_id = u.id AND r.created_at < d.ends_at), true))"""  # noqa: S608 - nothing but constants
"""Whether a user `u` is expected on a day `d`, as things are now."""

EXPECTED = f"""(CASE WHEN d.is_closed
    THEN EXISTS (SELECT FROM roll WHERE roll.user_id = u.id AND roll.date = d.date)
    ELSE {EXPECTED_BY_CALENDAR} END)"""
"""Whether a user `u` is, or was, expected on a day `d`."""

EXPECTED_IN_COURSE = f"""((CASE WHEN d.is_closed
    THEN EXISTS (SELECT FROM roll WHERE roll.user_id = u.id AND roll.date = d.date)
    ELSE {IS_STUDENT} AND d.is_school_day END) AND r.created_at < d.ends_at AND {COURSE_RUNS})"""
"""Whether a user `u` with a place `r` in a course `c` is, or was, expected in it on a day `d`."""
