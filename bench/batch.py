"""`POST /progress/batch`, 50 events a request, against single events, on the same API."""

from functools import partial

from bench.ingest import sample
from bench.load import Load
from bench.results import Outcome, alternate
from bench.run import Run
from bench.stage import Stage, gateway

BATCH, SINGLE = "50 a request", "one a request"
LOADS = {BATCH: Load("/progress/batch", events=50), SINGLE: Load()}


def measure(stage: Stage, run: Run) -> Outcome:
    """Compare both, in events."""
    site = stage.site("batch")
    with gateway(site, run.processes) as served:
        site.students.warm_up(served.url, run.warm_up_seconds)
        site.students.send(LOADS[BATCH], served.url, run.warm_up_seconds)
        sides = {
            name: partial(sample, stage, site, served, load, run.seconds) for name, load in LOADS.items()
        }
        compared = alternate("batches", sides, run.rounds, run.say)
    return Outcome("batch", [compared], {"batch/single": compared.ratio(BATCH, SINGLE)})
