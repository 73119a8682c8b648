"""Attendance of 100,000 students as CSV: how soon it begins, how long it takes, what it takes of memory."""

from datetime import date, timedelta

import httpx
import psutil

from bench import database
from bench.clients import read
from bench.results import Figure, Outcome
from bench.run import Run
from bench.stage import Site, Stage, gateway
from bench.usage import MEGABYTE, measured
from core.clock import utc_now

STUDENTS = 100_000
DAYS = 10
CSV = "text/csv"

# Four of five students watched something on a day; what, comes from a hash, so that it looks like no pattern.
_ATTENDANCE = """
INSERT INTO attendance (user_id, date, status, total_time, overlap_time)
SELECT student, CAST($1 AS date) - day, CASE WHEN total.seconds >= 30 THEN 'present' ELSE 'absent' END,
       total.seconds * INTERVAL '1 second', INTERVAL '0'
FROM generate_series(0, $3::int - 1) AS day, generate_series(1, $2::int) AS student,
     LATERAL (SELECT abs(hashint8(student * 1000 + day)) % 7200 AS seconds) AS total
WHERE total.seconds % 5 <> 0
"""
_TIDY = "VACUUM (ANALYZE) users, attendance"


def measure(stage: Stage, run: Run) -> Outcome:
    """Read a whole day, again and again; the first time is not counted."""
    site = stage.site("reads", students=STUDENTS, senders=range(1, 2))
    yesterday = utc_now().date() - timedelta(days=1)
    database.ask(site.database_url, _ATTENDANCE, yesterday, STUDENTS, DAYS)
    database.ask(site.database_url, _TIDY)
    with gateway(site) as served, httpx.Client(base_url=served.url) as client:
        return _measure(stage, site, client, psutil.Process(served.pids[0]), yesterday, run)


def _measure(
    stage: Stage, site: Site, client: httpx.Client, api: psutil.Process, day: date, run: Run
) -> Outcome:
    token, path = site.token(site.admin), f"/attendance/date/{day}"
    read(client, f"{path}?limit=1000", token, CSV)
    before = api.memory_info().rss
    found, gained, cpu = [], [], []
    for number in range(run.rounds):
        with measured({"API": [api.pid], **stage.parts}) as usage:
            found.append(read(client, path, token, CSV))
        cpu.append(usage.cpu)
        gained.append((api.memory_info().rss - before) / MEGABYTE)
        run.say(f"attendance as CSV, round {number + 1}/{run.rounds}: {found[-1].first_byte_ms:.0f} ms")
    pages = [read(client, f"{path}?limit=100", token) for _ in range(run.rounds * 10)]
    return Outcome(
        "reads",
        reached={
            "reads/first-byte": Figure.of((each.first_byte_ms for each in found), "ms"),
            "reads/memory": Figure.of(gained, "MB"),
        },
        facts={
            f"attendance of {STUDENTS:,} students as CSV, whole": Figure.of(
                (each.total_ms for each in found), "ms"
            ),
            "CPU of the API for it": Figure.of((each["API"] for each in cpu), "s"),
            "CPU of PostgreSQL for it": Figure.of((each["PostgreSQL"] for each in cpu), "s"),
            "its size": Figure.of((each.size / MEGABYTE for each in found), "MB"),
            "a page of 100 as JSON": Figure.of((each.total_ms for each in pages), "ms"),
        },
    )
