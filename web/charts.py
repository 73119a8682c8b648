"""Where lines go in a drawing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of so many units, in which the values from 0 to `top` fill the height."""

    width: int
    height: int
    top: float

    def y(self, value: float) -> float:
        """Return how far from the upper edge a value is."""
        return round(self.height * (1 - min(value, self.top) / self.top), 2)

    def points(self, values: Sequence[float]) -> str:
        """Return a line through values at equal distances, as SVG's `polyline` takes it."""
        step = self.width / max(1, len(values) - 1)
        return " ".join(f"{place * step:.2f},{self.y(value)}" for place, value in enumerate(values))


def round_up(value: float) -> float:
    """Return the next number a scale may end with, such as 25 or 500; 1 at least."""
    magnitude = 1.0
    while magnitude * 10 < value:
        magnitude *= 10
    return next(magnitude * step for step in _STEPS if magnitude * step >= value)
