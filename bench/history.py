"""A log of many events with the rows it means, made by SQL: visits of students over 200 days.

A visit is a play, heartbeats every 10 seconds and a pause, in a session of its own; each falls on another day
of its student or on another student, so that it has a progress row and an attendance row to itself. What is
made here is what the worker would have made of the events: `edutrack verify` finds no difference.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bench import database
from bench.load import EVENT_EVERY
from bench.stage import SENT_DAYS_AGO, VIDEOS, Site
from core.clock import utc_now

VISIT_EVENTS = 10
DAYS = 200
PORTION_VISITS = 20_000
SIDE_BY_SIDE = 2
"""Portions that are added at once."""
STEP = 48_271
"""Prime to every number of students used here: the students of a portion are far apart and all different."""

# A visit's number gives everything of it: its student, its day, its moment, and the ids of its events.
_VISITS = """
SELECT v, 1 + (v * {step} + day) % {students} AS user_id, 1 + v % {videos} AS video_id,
       'tab-' || v AS session_id, CAST($1 AS date) + day::int AS date,
       CAST($1 AS date) + day::int + INTERVAL '8 hours' + (v % 36000) * INTERVAL '1 second' AS began
FROM generate_series(CAST($2 AS bigint), CAST($3 AS bigint)) AS v,
     LATERAL (SELECT v * {days} / {visits} AS day) AS placed
"""
_ID = "CAST(md5(v || '-' || {n}) AS uuid)"
_LOG = """
INSERT INTO progress_events (user_id, event_id, video_id, session_id, kind, occurred_at, position_seconds,
                             playback_rate, received_at, applied_at)
SELECT user_id, {id}, video_id, session_id, CASE n WHEN 0 THEN 2 WHEN {last} THEN 0 ELSE 1 END, at,
       n * 10, 1, at + INTERVAL '50 ms', at + INTERVAL '100 ms'
FROM ({visits}) AS visit, generate_series(0, {last}) AS n,
     LATERAL (SELECT began + n * INTERVAL '10 seconds' AS at) AS moment
"""
_PROGRESS = """
INSERT INTO progress (user_id, video_id, date, start_time, first_start_time, end_time, watch_time)
SELECT user_id, video_id, date, began, began, began + INTERVAL '{seconds} s', INTERVAL '{seconds} s'
FROM ({visits}) AS visit
"""
_ATTENDANCE = """
INSERT INTO attendance (user_id, date, status, total_time, overlap_time)
SELECT user_id, date, 'present', INTERVAL '{seconds} s', INTERVAL '0' FROM ({visits}) AS visit
"""
_PLAYERS = """
INSERT INTO players (user_id, video_id, session_id, last_at, last_kind, last_event_id)
SELECT user_id, video_id, session_id, began + INTERVAL '{seconds} s', 0, {id} FROM ({visits}) AS visit
"""
_TIDY = "VACUUM (ANALYZE) progress_events, players, progress, attendance"


def add_history(site: Site, students: int, events: int) -> None:
    """Add so many events to an empty log, in whole visits; a minute for a million, or less."""
    visits = events // VISIT_EVENTS
    first_day = utc_now().date() - timedelta(days=DAYS + SENT_DAYS_AGO + 1)
    parts = {"step": STEP, "students": students, "videos": VIDEOS, "days": DAYS, "visits": visits}
    words = {
        "visits": _VISITS.format(**parts),
        "last": VISIT_EVENTS - 1,
        "seconds": (VISIT_EVENTS - 1) * int(EVENT_EVERY.total_seconds()),
    }
    log = _LOG.format(id=_ID.format(n="n"), **words)
    players = _PLAYERS.format(id=_ID.format(n=VISIT_EVENTS - 1), **words)
    statements = (log, _PROGRESS.format(**words), _ATTENDANCE.format(**words), players)

    def add(first: int) -> None:
        last = min(first + PORTION_VISITS, visits) - 1
        for statement in statements:
            database.ask(site.database_url, statement, first_day, first, last)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as portions:
        list(portions.map(add, range(0, visits, PORTION_VISITS)))
    database.ask(site.database_url, _TIDY)
