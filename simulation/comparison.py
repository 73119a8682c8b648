"""Rows as they should be beside rows as they were read. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Key(NamedTuple):
    """Which row: whose, of what (a video, or attendance as one of its views shows it), on which date."""

    username: str
    of: str
    date: str


Row = Mapping[str, object]
Rows = Mapping[Key, Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with one row."""

    key: Key
    problem: str

    def __str__(self) -> str:
        return f"{self.key.username} {self.key.of} {self.key.date}: {self.problem}"


def compare(expected: Rows, found: Rows) -> list[Difference]:
    """Return every missing row, every row too many, and every field that is not as expected.

    Fields of which nothing is expected are not looked at.
    """
    return [
        Difference(key, problem)
        for key in sorted({*expected, *found})
        for problem in _problems(expected.get(key), found.get(key))
    ]


def _problems(expected: Row | None, found: Row | None) -> Iterable[str]:
    if found is None:
        return [f"missing; expected {_shown(expected or {})}"]
    if expected is None:
        return [f"nothing was expected; found {_shown(found)}"]
    return [
        f"{field} should be {value}, is {found.get(field, 'missing')}"
        for field, value in expected.items()
        if field not in found or found[field] != value
    ]


def _shown(row: Row) -> str:
    return ", ".join(f"{field} {value}" for field, value in row.items())
