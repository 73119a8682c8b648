"""What a benchmark measured: samples by side and round, and figures with their spread."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of several measurements and their extremes."""

    value: float
    low: float
    high: float
    unit: str = ""

    @classmethod
    def of(cls, values: Iterable[float], unit: str = "") -> Self:
        """Return the figure of some measurements; there is at least one."""
        ordered = sorted(values)
        return cls(median(ordered), ordered[0], ordered[-1], unit)


@dataclass(frozen=True, slots=True)
class Sample:
    """One side in one round. CPU in seconds, memory in megabytes, both by part of the system."""

    events: int
    seconds: float
    cpu: Mapping[str, float]
    memory_mb: Mapping[str, float]
    p50_ms: float | None = None
    p99_ms: float | None = None
    refused: int = 0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_of_all(self) -> float:
        """CPU seconds an event takes, in all parts but the load generator."""
        return sum(seconds for part, seconds in self.cpu.items() if part != "wrk") / self.events

    def cpu_per_1000(self, part: str) -> float:
        """CPU seconds of a part for a thousand events."""
        return self.cpu[part] / self.events * 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sides that were measured in turn, by name; ours is the first one."""

    title: str
    sides: Mapping[str, Sequence[Sample]]

    def ratio(self, side: str, baseline: str) -> Figure:
        """Return how many times the rate of a baseline a side reaches, pair by pair of the rounds."""
        pairs = zip(self.sides[side], self.sides[baseline], strict=True)
        return Figure.of((one.rate / other.rate for one, other in pairs), "x")

    def cpu_ratio(self, side: str, baseline: str) -> Figure:
        """Return how many times the CPU seconds of a side a baseline takes for an event, in all parts."""
        pairs = zip(self.sides[side], self.sides[baseline], strict=True)
        return Figure.of((other.cpu_of_all / one.cpu_of_all for one, other in pairs), "x")

    def figure(self, side: str, measure: Callable[[Sample], float], unit: str = "") -> Figure:
        """Return a measure of a side over its rounds."""
        return Figure.of((measure(sample) for sample in self.sides[side]), unit)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All a benchmark found: what targets are held against, by their name, and what else is worth knowing."""

    name: str
    comparisons: Sequence[Comparison] = ()
    reached: Mapping[str, Figure] = field(default_factory=dict)
    facts: Mapping[str, Figure] = field(default_factory=dict)


def alternate(
    title: str,
    sides: Mapping[str, Callable[[], Sample]],
    rounds: int,
    say: Callable[[str], None],
) -> Comparison:
    """Measure each side in each round, one after the other."""
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    for number in range(1, rounds + 1):
        for name, measure in sides.items():
            sample = measure()
            samples[name].append(sample)
            say(f"{title}, round {number}/{rounds}, {name}: {sample.rate:,.0f} events/s")
    return Comparison(title, samples)
