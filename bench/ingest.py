"""`POST /progress`, one event a request, against an empty endpoint, write-through ones and the limit.

The consumer is off; every side has the same number of processes, the same server settings and the same load.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from bench.load import Load
from bench.results import Comparison, Figure, Outcome, Sample, alternate
from bench.run import Run
from bench.stage import Served, Site, Stage, baseline, gateway
from bench.usage import measured

OURS, EMPTY, WRITE_THROUGH = "EduTrack", "empty FastAPI", "write-through"
SYNCHRONOUS, LIMIT = "synchronous ORM", "bare ASGI"
BASELINES = {
    EMPTY: "empty",
    WRITE_THROUGH: "write_through",
    SYNCHRONOUS: "synchronous",
    LIMIT: "asgi",
}


def measure(stage: Stage, run: Run) -> Outcome:
    """Compare the API with every baseline."""
    ours, theirs = stage.site("ingest"), stage.site("ingest_baselines")
    with ExitStack() as stack:
        served = {OURS: (ours, stack.enter_context(gateway(ours, run.processes)))}
        for name, module in BASELINES.items():
            served[name] = (theirs, stack.enter_context(baseline(theirs, module, run.processes)))
        sides: dict[str, Callable[[], Sample]] = {}
        for name, (site, which) in served.items():
            site.students.warm_up(which.url, run.warm_up_seconds)
            sides[name] = partial(sample, stage, site, which, Load(), run.seconds)
        compared = alternate("one event a request", sides, run.rounds, run.say)
    memory = Figure.of((each.memory_mb["API"] for each in compared.sides[OURS]), "MB")
    return Outcome(
        "ingest",
        [compared],
        {
            "ingest/empty": compared.ratio(OURS, EMPTY),
            "ingest/write-through": compared.ratio(OURS, WRITE_THROUGH),
            "memory/api": memory,
        },
        {
            "of the limit, bare ASGI": compared.ratio(OURS, LIMIT),
            "CPU of the API, of what an empty endpoint takes": _api_cpu(compared),
        },
    )


def _api_cpu(compared: Comparison) -> Figure:
    pairs = zip(compared.sides[OURS], compared.sides[EMPTY], strict=True)
    return Figure.of((ours.cpu_per_1000("API") / empty.cpu_per_1000("API") for ours, empty in pairs), "x")


def sample(stage: Stage, site: Site, served: Served, load: Load, seconds: float) -> Sample:
    """Send for some seconds, then empty the queue."""
    with measured({"API": served.pids, **stage.parts}) as usage:
        answers = site.students.send(load, served.url, seconds)
    site.purge()
    return Sample(
        events=answers.accepted * load.events,
        seconds=answers.seconds,
        cpu={**usage.cpu, "wrk": answers.cpu_seconds},
        memory_mb=usage.memory_mb,
        p50_ms=answers.p50_ms,
        p99_ms=answers.p99_ms,
        refused=answers.refused + answers.broken,
    )
