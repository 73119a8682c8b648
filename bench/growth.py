"""What grows with the event log: consumer, reads, size on disk and vacuum, with millions of events in it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import quantiles

import httpx

from bench import database
from bench.clients import read
from bench.consumer import SIZES, drain
from bench.history import add_history
from bench.results import Figure, Outcome, alternate
from bench.run import Run
from bench.stage import Site, Stage, gateway, worker
from core.clock import utc_now

STUDENTS = 100_000
SENDERS = range(1, STUDENTS + 1, 50)
MILLION = 1_000_000
SMALL, LARGE = "1 million", "20 million"
READS = 50
PERCENT = 100
ADMIN_READS = ("/attendance/user/{student}", "/attendance/date/{day}")
STUDENT_READS = ("/attendance/me", "/attendance/today", "/progress/video/1")

TABLES = ("progress_events", "players", "progress", "attendance")
_SIZES = "SELECT t AS name, pg_total_relation_size(t::regclass)::bigint AS bytes FROM unnest($1::text[]) AS t"
_VACUUM = """
SELECT relname AS name, n_dead_tup AS dead, n_tup_upd AS updated, n_tup_hot_upd AS hot,
       autovacuum_count AS vacuums
FROM pg_stat_user_tables WHERE relname = ANY($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Point:
    """What was found with so many events in the log. Milliseconds by path, bytes by table."""

    reads: dict[str, Figure]
    tails: dict[str, Figure]
    bytes_per_event: dict[str, float]


def measure(stage: Stage, run: Run) -> Outcome:
    """Make a school for each of the run's sizes, drain a backlog into each in turn, and read from each."""
    sites = {f"{millions:g} million": _site(stage, millions, run) for millions in run.millions}
    sides = {
        name: partial(drain, stage, site, worker(), SIZES["mixed"], run.backlog)
        for name, site in sites.items()
    }
    for warm_up in sides.values():
        warm_up()
    backlog = alternate("backlog, by events in the log", sides, run.rounds, run.say)
    points = {name: _point(site) for name, site in sites.items()}
    return Outcome(
        "growth",
        [backlog],
        {"growth/20m": backlog.ratio(LARGE, SMALL)} if {LARGE, SMALL} <= sites.keys() else {},
        {**_facts(points), **_vacuum(sites[f"{max(run.millions):g} million"])},
    )


def _site(stage: Stage, millions: float, run: Run) -> Site:
    site = stage.site(f"growth_{millions:g}".replace(".", "_"), students=STUDENTS, senders=SENDERS)
    add_history(site, STUDENTS, int(millions * MILLION))
    run.say(f"{millions:g} million events are in the log")
    return site


def _point(site: Site) -> Point:
    with gateway(site) as served, httpx.Client(base_url=served.url) as client:
        timed = {path: _timed(client, site, path) for path in (*STUDENT_READS, *ADMIN_READS)}
    return Point(
        {path: Figure.of(times, "ms") for path, times in timed.items()},
        {path: Figure.of([quantiles(times, n=PERCENT)[98]], "ms") for path, times in timed.items()},
        _sizes(site),
    )


def _timed(client: httpx.Client, site: Site, path: str) -> list[float]:
    """Return how long reading takes for one student after another."""
    yesterday = utc_now().date() - timedelta(days=1)
    times = []
    for student in SENDERS[: READS * 7 : 7]:
        token = site.token(site.admin if path in ADMIN_READS else student)
        times.append(read(client, path.format(student=student, day=yesterday), token).total_ms)
    return times


def _sizes(site: Site) -> dict[str, float]:
    events = database.ask(site.database_url, "SELECT count(*) AS n FROM progress_events")[0]["n"]
    found = database.ask(site.database_url, _SIZES, list(TABLES))
    return {row["name"]: row["bytes"] / events for row in found}


def _facts(points: dict[str, Point]) -> dict[str, Figure]:
    facts: dict[str, Figure] = {}
    for at, point in points.items():
        facts |= {f"{at}: GET {path}, p50": figure for path, figure in point.reads.items()}
        facts |= {f"{at}: GET {path}, p99": figure for path, figure in point.tails.items()}
        facts |= {
            f"{at}: {table}": Figure.of([size], "bytes an event")
            for table, size in point.bytes_per_event.items()
        }
    return facts


def _vacuum(site: Site) -> dict[str, Figure]:
    facts: dict[str, Figure] = {}
    for row in database.ask(site.database_url, _VACUUM, list(TABLES)):
        facts[f"{row['name']}: dead rows left"] = Figure.of([row["dead"]])
        facts[f"{row['name']}: autovacuums"] = Figure.of([row["vacuums"]])
        if row["updated"]:
            hot = PERCENT * row["hot"] / row["updated"]
            facts[f"{row['name']}: updates that touched no index"] = Figure.of([hot], "%")
    return facts
