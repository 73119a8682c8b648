"""One consumer process that drains a backlog into PostgreSQL, against one transaction per event."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from bench import database
from bench.broker import fill
from bench.results import Comparison, Figure, Outcome, Sample, alternate
from bench.run import Run
from bench.stage import Site, Stage, running, worker
from bench.usage import cpu_seconds, memory_mb
from bench.watching import watching
from events.schemas import Event

OURS, THEIRS = "EduTrack", "one transaction per event"
SIZES = {"mixed": (1, 1, 1, 1, 10, 50, 136), "one event": (1,), "50 events": (50,)}
"""Events a message: what an API sends that is hardly, and one that is very busy."""
THEIR_SHARE = 8
"""The baseline gets that part of the backlog: it would take as many times as long."""
WARM_UP = 12_000
SOME = 100
"""Events at either end of a backlog, looked for to see whether it has begun or ended."""
DRAINED_SECONDS = 300
STUDENTS = range(1, 2_001)
BASELINE = (sys.executable, "-m", "bench.baselines.consumer")

_MINE = """unnest($1::bigint[], $2::uuid[]) AS mine (user_id, event_id)
           JOIN progress_events USING (user_id, event_id)"""
_STORED = f"SELECT count(*) AS n FROM {_MINE}"
_PACE = f"""
WITH stored AS (SELECT applied_at FROM {_MINE}),
     ends AS (SELECT min(applied_at) AS first, max(applied_at) AS last FROM stored)
SELECT (SELECT count(*) FROM stored WHERE applied_at < last) AS events,
       extract(epoch FROM last - first)::float8 AS seconds
FROM ends
"""
_TIDY = "ANALYZE progress_events, players, progress, attendance"


def measure(stage: Stage, run: Run) -> Outcome:
    """Compare our consumer with the baseline on a backlog of messages of mixed sizes, then of one size."""
    ours = stage.site("consumer", senders=STUDENTS)
    theirs = stage.site("consumer_baseline", senders=STUDENTS)
    for site, command, events in ((ours, worker(), WARM_UP), (theirs, BASELINE, WARM_UP // THEIR_SHARE)):
        drain(stage, site, command, SIZES["mixed"], events)
        database.ask(site.database_url, _TIDY)
    comparisons: dict[str, Comparison] = {}
    for name, sizes in SIZES.items():
        rounds, events = (run.rounds, run.backlog) if name == "mixed" else (1, run.backlog // 2)
        sides = {
            OURS: partial(drain, stage, ours, worker(), sizes, events),
            THEIRS: partial(drain, stage, theirs, BASELINE, sizes, events // THEIR_SHARE),
        }
        comparisons[name] = alternate(f"backlog, messages: {name}", sides, rounds, run.say)
    mixed = comparisons["mixed"]
    return Outcome(
        "consumer",
        list(comparisons.values()),
        {
            "consumer/baseline": mixed.ratio(OURS, THEIRS),
            "memory/worker": Figure.of((each.memory_mb["worker"] for each in mixed.sides[OURS]), "MB"),
        },
    )


def drain(stage: Stage, site: Site, command: Sequence[str], sizes: Sequence[int], events: int) -> Sample:
    """Fill the queue, let a new consumer empty it, and return what that took.

    Neither the start of the process nor its first batch is in it.
    """
    backlog = watching(site.students, events)
    site.purge()
    fill(site.settings.amqp_url.get_secret_value(), backlog, sizes)
    with running(site, f"consumer-{command[-1]}", command) as pid:
        parts = {"worker": [pid], **stage.parts}
        _wait(lambda: _stored(site, backlog[:SOME]) > 0, every=0.05)
        before, first = cpu_seconds(parts), _stored(site, backlog)
        _wait(lambda: _stored(site, backlog[-SOME:]) == SOME, every=0.1)
        _wait(lambda: _stored(site, backlog) == events, every=0.2)
        after, memory = cpu_seconds(parts), memory_mb(parts)
    pace = database.ask(site.database_url, _PACE, *_keys(backlog))[0]
    if not pace["events"] or first == events:
        raise RuntimeError(f"{events} events are drained at once: take a larger backlog")
    share = pace["events"] / (events - first)
    cpu = {part: (seconds - before[part]) * share for part, seconds in after.items()}
    return Sample(pace["events"], pace["seconds"], cpu, memory)


def _stored(site: Site, events: Sequence[Event]) -> int:
    return int(database.ask(site.database_url, _STORED, *_keys(events))[0]["n"])


def _keys(events: Sequence[Event]) -> tuple[list[int], list[UUID]]:
    return [event.user_id for event in events], [event.event_id for event in events]


def _wait(done: Callable[[], bool], *, every: float) -> None:
    deadline = time.monotonic() + DRAINED_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the backlog was not drained in time; see the consumer's log")
        time.sleep(every)
