"""Half an hour at 70 % of the peak: lag, memory and connections stay as they are."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from bench import database
from bench.lag import CONNECTIONS, Flow, flow
from bench.load import Load
from bench.probe import probing
from bench.results import Figure, Outcome
from bench.run import Run
from bench.stage import Stage
from bench.usage import memory_mb

SHARE = 0.7
LOOK_SECONDS = 10
OURS = ("API", "worker")
PARTS = (*OURS, "broker", "PostgreSQL")
_CONNECTIONS = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Thirds:
    """The figures of the first and of the last third of the time."""

    first: Figure
    last: Figure

    @property
    def growth(self) -> Figure:
        """How many times the first the last one is."""
        return Figure.of([self.last.value / self.first.value], "x")

    def as_facts(self, what: str) -> dict[str, Figure]:
        """Return both by what they are called."""
        return {f"{what}, first third": self.first, f"{what}, last third": self.last}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at a moment."""

    memory_mb: dict[str, float]
    connections: int


def measure(stage: Stage, run: Run) -> Outcome:
    """Search the peak, then send at 70 % of it, and compare the last third of the time with the first."""
    with flow(stage, "sustained", run.processes) as it:
        peak = it.search_peak(run)
        rate, seconds = SHARE * peak.rate, run.minutes * 60
        run.say(f"{run.minutes:g} minutes at {rate:,.0f} events/s")
        load = Load(rate=rate, connections=CONNECTIONS)
        with ThreadPoolExecutor(max_workers=1) as pool, probing(it.site, it.served) as lags:
            sending = pool.submit(it.site.students.send, load, it.served.url, seconds)
            looks = []
            while not sending.done():
                looks.append(_look(it))
                time.sleep(LOOK_SECONDS)
        answers = sending.result()
    facts = {
        "rate asked for, events/s": Figure.of([rate]),
        "rate kept, events/s": Figure.of([answers.accepted / answers.seconds]),
        "refused": Figure.of([answers.refused + answers.broken]),
        "lag p50": Figure.of([median(lags.seconds)], "s"),
    }
    memory = {part: _thirds([look.memory_mb[part] for look in looks]) for part in PARTS}
    connections = _thirds([float(look.connections) for look in looks])
    lag = _thirds(lags.seconds)
    return Outcome(
        "sustained",
        reached={
            "sustained/lag": lag.last,
            "sustained/memory": max((memory[part].growth for part in OURS), key=lambda growth: growth.value),
            "sustained/connections": connections.growth,
        },
        facts=facts
        | lag.as_facts("lag p50, s")
        | connections.as_facts("connections to PostgreSQL")
        | {
            name: figure
            for part in PARTS
            for name, figure in memory[part].as_facts(f"memory of {part}, MB").items()
        },
    )


def _look(it: Flow) -> Look:
    memory = memory_mb({"API": it.served.pids, "worker": [it.worker], **it.stage.parts})
    return Look(memory, database.ask(it.site.database_url, _CONNECTIONS)[0]["n"])


def _thirds(values: Sequence[float]) -> Thirds:
    third = max(1, len(values) // 3)
    return Thirds(Figure.of(values[:third]), Figure.of(values[-third:]))
