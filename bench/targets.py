"""What has to be reached; the table at the end, the exit code and docs/performance.md read this."""

from dataclasses import dataclass
from types import MappingProxyType

from bench.results import Figure


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a figure. One that is only `reported` fails nothing."""

    what: str
    at_least: float | None = None
    at_most: float | None = None
    reported: bool = False

    @property
    def bound(self) -> str:
        """The bound as people read it."""
        return f"≥ {self.at_least}" if self.at_least is not None else f"≤ {self.at_most}"

    def is_worse(self, figure: Figure, other: Figure) -> bool:
        """Say whether a figure is further from what is wanted than another one."""
        return figure.value < other.value if self.at_least is not None else figure.value > other.value

    def is_met(self, figure: Figure) -> bool:
        """Say whether the median keeps to the bound."""
        high_enough = self.at_least is None or figure.value >= self.at_least
        return high_enough and (self.at_most is None or figure.value <= self.at_most)


TARGETS = MappingProxyType(
    {
        "ingest/empty": Target("POST /progress, durable, against an empty FastAPI endpoint", at_least=2.5),
        "ingest/write-through": Target(
            "POST /progress against a write-through endpoint", at_least=5, reported=True
        ),
        "batch/single": Target("POST /progress/batch of 50 against single events, in events", at_least=4),
        "consumer/baseline": Target(
            "a consumer draining a backlog against one transaction per event", at_least=8
        ),
        "lag/p99": Target("from answer to visible row at half the peak, p99 in seconds", at_most=1),
        "growth/20m": Target("consumer rate with 20 million events against 1 million", at_least=0.7),
        "reads/first-byte": Target("attendance of 100,000 students as CSV, first byte in ms", at_most=300),
        "reads/memory": Target("memory the API gains by that, in MB", at_most=10),
        "pages/heat-map": Target(
            "a heat map of 1,000 students on 90 days, CPU of API and database in seconds", at_most=1
        ),
        "sustained/lag": Target(
            "half an hour at 70 % of the peak: p50 of the lag in the last third, in seconds", at_most=0.5
        ),
        "sustained/memory": Target(
            "the same: memory of API or consumer in the last third against the first", at_most=1.1
        ),
        "sustained/connections": Target(
            "the same: connections to PostgreSQL in the last third against the first", at_most=1.1
        ),
        "memory/api": Target("resident memory of an API process at full load, in MB", at_most=150),
        "memory/worker": Target("resident memory of a consumer at full load, in MB", at_most=200),
    }
)
