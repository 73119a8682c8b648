"""Reading a school year of 100,000 students: what one person asks for, and a month of the school as files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import quantiles
from threading import Event, Thread

import httpx
import psutil

from bench import school_year
from bench.clients import read
from bench.results import Figure, Outcome
from bench.run import Run
from bench.stage import VIDEOS, Site, Stage, gateway
from bench.usage import MEGABYTE, measured
from core.clock import utc_now

READS = 50
PERCENT = 100
LOOK_SECONDS = 0.1
STUDENT_READS = ("/attendance/me", "/attendance/today", "/progress/video/{video}")
ADMIN_READS = (
    "/attendance/user/{student}",
    "/attendance/date/{today}",
    "/attendance/date/{sunday}",
    "/attendance/course/1?from={first}&to={today}",
    "/attendance/course/1/summary",
)
MATRIX = "/attendance/report?from={first}&to={today}"
FORMS = {"CSV": "csv", "XLSX": "xlsx"}


def measure(stage: Stage, run: Run) -> Outcome:
    """Ask for one student after another, then for everybody, in each form."""
    today = utc_now().date()
    site = stage.site("year", students=school_year.STUDENTS, senders=range(1, 2))
    school_year.furnish(site, today)
    run.say("the school is there")
    first, sunday = school_year.first_of_month(today), school_year.closed_sunday(today)
    words = {"today": today, "first": first, "sunday": sunday}
    facts: dict[str, Figure] = {}
    with gateway(site) as served, httpx.Client(base_url=served.url) as client:
        for path in (*STUDENT_READS, *ADMIN_READS):
            times = _timed(client, site, path, words)
            facts[f"GET {path}, p50"] = Figure.of(times, "ms")
            facts[f"GET {path}, p99"] = Figure.of([quantiles(times, n=PERCENT)[98]], "ms")
        for name, form in FORMS.items():
            run.say(f"a month of the school as {name}")
            path = f"{MATRIX.format(**words)}&format={form}"
            facts |= _whole(stage, site, client, psutil.Process(served.pids[0]), name, path)
    return Outcome("year", facts=facts)


def _timed(client: httpx.Client, site: Site, path: str, words: Mapping[str, object]) -> list[float]:
    """Return how long reading takes for students who have a year, one after the other; the first warms up."""
    step = school_year.OF_YEAR
    times = []
    for number, student in enumerate(range(step, step * (READS + 2), step)):
        token = site.token(student if path in STUDENT_READS else site.admin)
        asked = path.format(student=student, video=1 + number % VIDEOS, **words)
        times.append(read(client, asked, token).total_ms)
    return times[1:]


def _whole(
    stage: Stage, site: Site, client: httpx.Client, api: psutil.Process, name: str, path: str
) -> dict[str, Figure]:
    """Return what the month of everybody costs in one form; once, because it takes so long."""
    with measured({"API": [api.pid], **stage.parts}) as usage, _peak_of(api) as gained:
        found = read(client, path, site.token(site.admin))
    facts = {
        "first byte": (found.first_byte_ms, "ms"),
        "whole": (found.total_ms / 1000, "s"),
        "size": (found.size / MEGABYTE, "MB"),
        "memory the API gained at most": (max(gained), "MB"),
        "CPU of the API": (usage.cpu["API"], "s"),
        "CPU of PostgreSQL": (usage.cpu["PostgreSQL"], "s"),
    }
    return {f"matrix as {name}: {what}": Figure.of([value], unit) for what, (value, unit) in facts.items()}


@contextmanager
def _peak_of(process: psutil.Process) -> Iterator[list[float]]:
    """Look again and again over a block how many megabytes a process has gained since its beginning."""
    before, done = process.memory_info().rss, Event()
    gained = [0.0]

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            gained.append((process.memory_info().rss - before) / MEGABYTE)

    looking = Thread(target=look)
    looking.start()
    try:
        yield gained
    finally:
        done.set()
        looking.join()
