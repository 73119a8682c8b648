"""The heaviest page: a course of 1,000 students on 90 days as a heat map, as an analyst's browser gets it."""

from datetime import timedelta

import httpx
import psutil
from redis.asyncio import Redis

from bench import database
from bench.clients import read
from bench.results import Figure, Outcome
from bench.run import Run
from bench.stage import Site, Stage, gateway
from bench.usage import MEGABYTE, measured
from core.clock import utc_now
from web.sessions import COOKIE, Sessions, seal_of

STUDENTS = 1_000
DAYS = 90
UNUSED = "pages read no token"

_PLACES = """
INSERT INTO registrations (user_id, course_id, created_at)
SELECT student, 1, now() - INTERVAL '1 year' FROM generate_series(1, $1::int) AS student
"""
_BEFORE = "UPDATE users SET created_at = now() - INTERVAL '1 year'"
_WATCHED = """
INSERT INTO progress (user_id, video_id, date, watch_time)
SELECT student, 1 + student % 3, CAST($1 AS date) - day, total.seconds * INTERVAL '1 second'
FROM generate_series(0, $3::int - 1) AS day, generate_series(1, $2::int) AS student,
     LATERAL (SELECT abs(hashint8(student * 1000 + day)) % 7200 AS seconds) AS total
WHERE total.seconds % 5 <> 0
"""
_TIDY = "VACUUM (ANALYZE) users, registrations, progress"
_PASSWORD = "SELECT password_hash FROM users WHERE id = $1"


def measure(stage: Stage, run: Run) -> Outcome:
    """Open the page again and again; the first time is not counted."""
    site = stage.site("pages", students=STUDENTS, senders=range(1, 2))
    today = utc_now().date()
    database.ask(site.database_url, _PLACES, STUDENTS)
    database.ask(site.database_url, _BEFORE)
    database.ask(site.database_url, _WATCHED, today, STUDENTS, DAYS)
    database.ask(site.database_url, _TIDY)
    path = f"/reports/courses/1?from={today - timedelta(days=DAYS - 1)}"
    with gateway(site) as served, httpx.Client(base_url=served.url, cookies=_session(site)) as client:
        return _measure(stage, client, psutil.Process(served.pids[0]), path, run)


def _measure(stage: Stage, client: httpx.Client, api: psutil.Process, path: str, run: Run) -> Outcome:
    read(client, path, UNUSED)
    found, cpu = [], []
    for number in range(run.rounds):
        with measured({"API": [api.pid], **stage.parts}) as usage:
            found.append(read(client, path, UNUSED))
        cpu.append(usage.cpu)
        run.say(f"heat map, round {number + 1}/{run.rounds}: {found[-1].total_ms:.0f} ms")
    return Outcome(
        "pages",
        reached={"pages/heat-map": Figure.of((each["API"] + each["PostgreSQL"] for each in cpu), "s")},
        facts={
            "heat map, whole": Figure.of((each.total_ms for each in found), "ms"),
            "CPU of the API for it": Figure.of((each["API"] for each in cpu), "s"),
            "CPU of PostgreSQL for it": Figure.of((each["PostgreSQL"] for each in cpu), "s"),
            "its size": Figure.of((each.size / MEGABYTE for each in found), "MB"),
        },
    )


def _session(site: Site) -> dict[str, str]:
    """Return the cookie of the admin, who has no password to sign in with."""
    (row,) = database.ask(site.database_url, _PASSWORD, site.admin)
    redis = Redis.from_url(site.settings.redis_url.get_secret_value())
    sessions = Sessions(site.settings, utc_now, redis)
    return {COOKIE: sessions.write(sessions.begin(site.admin, seal_of(row["password_hash"])))}
