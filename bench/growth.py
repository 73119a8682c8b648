"""What grows with the event log: consumer, reads, size on disk and vacuum, with millions of events in it."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

import httpx

from bench import database
from bench.clients import read
from bench.consumer import SIZES, drain
from bench.history import add_history
from bench.results import Comparison, Figure, Outcome, Sample
from bench.run import Run
from bench.stage import Site, Stage, gateway, worker
from core.clock import utc_now

STUDENTS = 100_000
SENDERS = range(1, STUDENTS + 1, 50)
MILLION = 1_000_000
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

    events: int
    drains: list[Sample]
    reads: dict[str, Figure]
    tails: dict[str, Figure]
    bytes_per_event: dict[str, float]


def measure(stage: Stage, run: Run) -> Outcome:
    """Let the log grow to each of the run's sizes, and measure there."""
    site = stage.site("growth", students=STUDENTS, senders=SENDERS)
    points: list[Point] = []
    grown = 0
    for millions in run.millions:
        wanted = int(millions * MILLION)
        add_history(site, STUDENTS, range(grown, wanted), int(max(run.millions) * MILLION))
        grown = wanted
        run.say(f"{millions} million events are in the log")
        points.append(_point(stage, site, wanted, run))
    drains = {f"{point.events / MILLION:g} million": point.drains for point in points}
    return Outcome(
        "growth",
        [Comparison("backlog, by events in the log", drains)],
        _reached(points),
        {**_facts(points), **_vacuum(site)},
    )


def _point(stage: Stage, site: Site, events: int, run: Run) -> Point:
    drains = []
    for number in range(run.rounds + 1):
        sample = drain(stage, site, worker(), SIZES["mixed"], run.backlog)
        run.say(f"consumer with {events / MILLION:g} million: {sample.rate:,.0f} events/s")
        if number:  # the first one warms what the others find in memory
            drains.append(sample)
    with gateway(site) as served, httpx.Client(base_url=served.url) as client:
        timed = {path: _timed(client, site, path) for path in (*STUDENT_READS, *ADMIN_READS)}
    return Point(
        events,
        drains,
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


def _reached(points: list[Point]) -> dict[str, Figure]:
    by_events = {point.events: point for point in points}
    large, small = by_events.get(20 * MILLION), by_events.get(MILLION)
    if not large or not small:
        return {}
    pairs = zip(large.drains, small.drains, strict=True)
    return {"growth/20m": Figure.of((one.rate / other.rate for one, other in pairs), "x")}


def _facts(points: list[Point]) -> dict[str, Figure]:
    facts: dict[str, Figure] = {}
    for point in points:
        at = f"{point.events / MILLION:g} million"
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
