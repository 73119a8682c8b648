"""The peak, which is the highest rate at which the lag stays flat, and how long a row takes at half of it.

One gateway process, one consumer process, all servers and the load on the same machine.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from bench import database
from bench.load import Answers, Load
from bench.probe import probing
from bench.results import Figure, Outcome
from bench.run import Run
from bench.stage import Served, Site, Stage, gateway, running, worker
from bench.usage import Usage, measured

TRIALS = 9
FIRST_SHARE = 0.5
"""Of what was accepted in full flight, where the search for the peak begins."""
UPWARDS = 1.5
"""From one rate to the next while everything keeps up; then the search halves what is between."""
CLOSE = 1.1
FLAT_SECONDS = 0.5
"""The lag is flat where the median of its last third is below this,"""
HELD = 0.97
"""and so much of the rate was kept."""
CONNECTIONS = 128
LIGHT_RATE = 20
LOOK_SECONDS = 1
PERCENT = 100

_COUNT = "SELECT count(*) AS n FROM progress_events"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of sending at a fixed rate. Lags in seconds."""

    rate: float
    answers: Answers
    lags: Sequence[float]
    usage: Usage

    @property
    def is_flat(self) -> bool:
        """Say whether everything kept up."""
        last = self.lags[-max(1, len(self.lags) // 3) :]
        held = self.answers.accepted / self.answers.seconds >= HELD * self.rate
        return held and not self.answers.refused and median(last) < FLAT_SECONDS

    def lag(self, percent: int) -> float:
        """Return a percentile of the lag."""
        return quantiles(self.lags, n=PERCENT)[percent - 1]


@dataclass(frozen=True)
class Flow:
    """An API and a consumer that work."""

    stage: Stage
    site: Site
    served: Served
    worker: int

    def attempt(self, rate: float, seconds: float) -> Trial:
        """Send at a rate, look at the lag meanwhile, then wait until everything is applied."""
        load = Load(rate=rate, connections=CONNECTIONS)
        parts = {"API": self.served.pids, "worker": [self.worker], **self.stage.parts}
        with measured(parts) as usage, probing(self.site, self.served) as lags:
            answers = self.site.students.send(load, self.served.url, seconds)
        self.come_to_rest()
        return Trial(rate, answers, lags.seconds, usage)

    def come_to_rest(self) -> None:
        """Wait until no row is added any more."""
        before, now = -1, self._logged()
        while now != before:
            time.sleep(LOOK_SECONDS)
            before, now = now, self._logged()

    def _logged(self) -> int:
        return int(database.ask(self.site.database_url, _COUNT)[0]["n"])

    def search_peak(self, run: Run) -> Trial:
        """Return the trial at the highest rate at which the lag stayed flat, to within a tenth."""
        full = Load(connections=CONNECTIONS)
        self.site.students.warm_up(self.served.url, run.warm_up_seconds)
        began = self.site.students.send(full, self.served.url, run.seconds)
        self.come_to_rest()
        best, too_fast, rate = None, float("inf"), FIRST_SHARE * began.accepted / began.seconds
        for _ in range(TRIALS):
            trial = self.attempt(rate, run.seconds)
            run.say(f"lag at {rate:,.0f} events/s: p50 {trial.lag(50):.3f} s, flat: {trial.is_flat}")
            if trial.is_flat:
                best = trial
            else:
                too_fast = rate
            if best is not None and too_fast < CLOSE * best.rate:
                break
            rate = _between(best.rate if best else 0, too_fast)
        if best is None:
            raise RuntimeError("the lag stays flat at no rate that was tried")
        return best


def _between(slow_enough: float, too_fast: float) -> float:
    """Return the next rate to try between two, one of which may not be known yet."""
    if too_fast == float("inf"):
        return slow_enough * UPWARDS
    return math.sqrt(slow_enough * too_fast) if slow_enough else too_fast / 2


@contextmanager
def flow(stage: Stage, name: str, processes: int) -> Iterator[Flow]:
    """Run gateway and consumer on a site of their own."""
    site = stage.site(name)
    with gateway(site, processes) as served, running(site, "worker", worker()) as pid:
        yield Flow(stage, site, served, pid)


def measure(stage: Stage, run: Run) -> Outcome:
    """Search the peak, then look at the lag at half of it, and at requests that wait for their record."""
    with flow(stage, "lag", run.processes) as it:
        peak = it.search_peak(run)
        halves = [it.attempt(peak.rate / 2, run.seconds) for _ in range(run.rounds)]
        light, busy = (waiting(it, rate, run) for rate in (LIGHT_RATE, peak.rate / 2))
    memory = {
        part: Figure.of((trial.usage.memory_mb[part] for trial in (peak, *halves)), "MB")
        for part in ("API", "worker")
    }
    return Outcome(
        "lag",
        reached={
            "lag/p99": Figure.of((trial.lag(99) for trial in halves), "s"),
            "memory/api": memory["API"],
            "memory/worker": memory["worker"],
        },
        facts={
            "peak, end to end, events/s": Figure.of([peak.rate]),
            "lag at the peak, p50 in s": Figure.of([peak.lag(50)]),
            "lag at half the peak, p50 in s": Figure.of(trial.lag(50) for trial in halves),
            **_waited("light load", light),
            **_waited("half the peak", busy),
        },
    )


def waiting(it: Flow, rate: float, run: Run) -> Answers:
    """Send at a rate and wait for the record of each event."""
    load = Load(prefer="", rate=rate, connections=CONNECTIONS)
    answers = it.site.students.send(load, it.served.url, run.seconds)
    it.come_to_rest()
    return answers


def _waited(when: str, answers: Answers) -> dict[str, Figure]:
    return {
        f"POST /progress that waits, {when}, p50 in ms": Figure.of([answers.p50_ms]),
        f"POST /progress that waits, {when}, p99 in ms": Figure.of([answers.p99_ms]),
        f"POST /progress that waits, {when}, answered with the record in %": Figure.of(
            [PERCENT * answers.records / answers.accepted]
        ),
    }
