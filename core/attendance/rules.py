"""Rules with versions, and what they make of a day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import cache


class Status(StrEnum):
    """What people see of a day."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCUSED = "excused"
    """By an admin; or watched too little on a day on which nobody expected anything."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of what a day asks for. Without an id it is the policy's minimum."""

    id: int | None
    effective_from: date
    minimum_seconds: int
    minimum_share: Decimal | None = None

    def required_seconds(self, assigned_seconds: int = 0) -> int:
        """Return the watch time a day asks for: the share of what is assigned to it, else the minimum."""
        if self.minimum_share is None or not assigned_seconds:
            return self.minimum_seconds
        share = self.minimum_share * assigned_seconds
        return int(share.to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True)
class Rules:
    """The versions of a school or course, in order of `(effective_from, id)`, and what holds before them."""

    versions: Sequence[Rule]
    before: "Rules | Rule"

    def on(self, day: date) -> Rule:
        """Return the version in force on a date."""
        for rule in reversed(self.versions):
            if rule.effective_from <= day:
                return rule
        return self.before.on(day) if isinstance(self.before, Rules) else self.before

    def between(self, first: date, last: date) -> "list[tuple[date, Rule]]":
        """Return what is in force from one date to another: each version, and its first date among them."""
        turns = sorted({first, *(day for day in self.turns() if first < day <= last)})
        found: list[tuple[date, Rule]] = []
        for day in turns:
            rule = self.on(day)
            if not found or found[-1][1] != rule:
                found.append((day, rule))
        return found

    def turns(self) -> "list[date]":
        """Return the dates from which versions are in force."""
        own = [rule.effective_from for rule in self.versions]
        return own + self.before.turns() if isinstance(self.before, Rules) else own

    def next_from(self, rule: Rule) -> date | None:
        """Return from when on another version holds instead of the newest one; None for never."""
        later = [one.effective_from for one in self.versions if one.effective_from > rule.effective_from]
        return min(later, default=None)


def judged(total_time: timedelta, required_seconds: int) -> Status:
    """Return what watch time makes of a day."""
    return Status.PRESENT if total_time >= timedelta(seconds=required_seconds) else Status.ABSENT


@cache
def seen(computed: str, correction: str | None, *, expected: bool) -> Status:
    """Return what people see: a correction first; nobody is absent where nobody expected them.

    A term of a large course asks a hundred thousand times, and there are few answers.
    """
    if correction is not None:
        return Status(correction)
    if computed == Status.ABSENT and not expected:
        return Status.EXCUSED
    return Status(computed)
