"""Attendance of a school, read slowly: everything that was ever done to it, kept in plain lists and dictionaries.

It shares no code with the product. Where it and the API disagree, one of the two misreads the design.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import NamedTuple

POLICY_MINIMUM = 30


class Rule(NamedTuple):
    id: int | None
    course: int | None
    since: date
    minimum: int
    share: Fraction | None = None


class Line(NamedTuple):
    """What a report says of a student's day."""

    status: str
    computed: str
    seconds: int
    expected: bool
    corrected: bool
    rule: int | None
    required: int


@dataclass
class Book:
    """`late_days` full days have to pass before a day is final."""

    today: date
    late_days: int
    joined: dict[int, date] = field(default_factory=dict)
    spans: dict[int, tuple[date | None, date | None]] = field(default_factory=dict)
    """First and last day of each course."""
    videos: dict[int, tuple[int, int, date | None]] = field(default_factory=dict)
    """Course, duration and day of each video."""
    places: dict[tuple[int, int], date] = field(default_factory=dict)
    """When a student registered for a course."""
    watched: list[tuple[int, int, date, int]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    weekdays: set[int] = field(default_factory=lambda: set(range(1, 8)))
    holidays: set[date] = field(default_factory=set)
    corrections: dict[tuple[int, date], str] = field(default_factory=dict)
    rolls: dict[date, set[int]] = field(default_factory=dict)
    asked: dict[tuple[int, date], tuple[int | None, int]] = field(default_factory=dict)
    """By which rule a day somebody watched on was judged, and what it asked for, as written down with it."""

    # What is done to a school

    def watch(self, student: int, video: int, day: date, seconds: int) -> None:
        self.watched.append((student, video, day, seconds))
        rule = self.rule_on(day)
        settled = (student, day) in self.asked and rule.share is not None and self.is_final(day)
        if not settled:
            self.judge(student, day)

    def add_rule(self, rule: Rule) -> None:
        self.rules.append(rule)
        for student, day in self.asked:
            if rule.course is None and self.rule_on(day) is rule:
                self.judge(student, day)

    def assign(self, video: int, day: date | None) -> None:
        course, duration, before = self.videos[video]
        self.videos[video] = course, duration, day
        for student, watched_on in self.asked:
            moves = watched_on in {before, day} and not self.is_final(watched_on)
            if moves and self.rule_on(watched_on).share is not None:
                self.judge(student, watched_on)

    def close(self) -> None:
        day = min(self.joined.values())
        while self.is_final(day):
            if day not in self.rolls:
                self.rolls[day] = {student for student in self.joined if self.is_named(student, day)}
                for student, watched_on in self.asked:
                    if watched_on == day and self.rule_on(day).share is not None:
                        self.judge(student, day)
            day += timedelta(days=1)

    def judge(self, student: int, day: date) -> None:
        rule = self.rule_on(day)
        self.asked[student, day] = rule.id, self.required(rule, self.assigned(student, day))

    # What is so

    def is_final(self, day: date) -> bool:
        return day + timedelta(days=self.late_days) < self.today

    def runs(self, course: int, day: date) -> bool:
        first, last = self.spans[course]
        return (first is None or first <= day) and (last is None or day <= last)

    def is_named(self, student: int, day: date) -> bool:
        if not (self.is_there(student, day) and self.has_school(day)):
            return False
        courses = [course for (who, course), since in self.places.items() if who == student and since <= day]
        return not courses or any(self.runs(course, day) for course in courses)

    def is_there(self, student: int, day: date) -> bool:
        """Say whether somebody was a student by then; who watched was."""
        return self.joined[student] <= day or (student, day) in self.asked

    def has_school(self, day: date) -> bool:
        return day.isoweekday() in self.weekdays and day not in self.holidays

    def is_expected(self, student: int, day: date) -> bool:
        return student in self.rolls[day] if day in self.rolls else self.is_named(student, day)

    def is_expected_in(self, course: int, student: int, day: date) -> bool:
        if self.places[student, course] > day or not self.runs(course, day):
            return False
        if day in self.rolls:
            return student in self.rolls[day]
        return self.is_there(student, day) and self.has_school(day)

    def rule_on(self, day: date, course: int | None = None) -> Rule:
        for scope in dict.fromkeys((course, None)):
            holding = [rule for rule in self.rules if rule.course == scope and rule.since <= day]
            if holding:
                latest = max(rule.since for rule in holding)
                return [rule for rule in holding if rule.since == latest][-1]
        return Rule(None, None, date.min, POLICY_MINIMUM)

    def assigned(self, student: int, day: date, only: int | None = None) -> int:
        return sum(
            duration
            for course, duration, on in self.videos.values()
            if on == day
            and only in {None, course}
            and (student, course) in self.places
            and self.places[student, course] <= day
            and self.runs(course, day)
        )

    def required(self, rule: Rule, assigned: int) -> int:
        return rule.minimum if rule.share is None or assigned == 0 else ceil(rule.share * assigned)

    # What a report says

    def roster(self, day: date) -> dict[int, Line]:
        lines = {}
        for student in self.joined:
            seen = [seconds for who, _, on, seconds in self.watched if (who, on) == (student, day)]
            expected = self.is_expected(student, day)
            if not (seen or expected or (student, day) in self.corrections):
                continue
            rule = self.rule_on(day)
            absent = rule.id, self.required(rule, self.assigned(student, day))
            rule_id, required = self.asked[student, day] if seen else absent
            lines[student] = self.line(student, day, seen, expected=expected, rule=rule_id, required=required)
        return lines

    def course(self, course: int, days: list[date]) -> dict[tuple[int, date], Line]:
        lines = {}
        for student, _ in [place for place in self.places if place[1] == course]:
            for day in days:
                seen = [
                    seconds
                    for who, video, on, seconds in self.watched
                    if (who, on) == (student, day) and self.videos[video][0] == course
                ]
                expected = self.is_expected_in(course, student, day)
                if seen or expected:
                    rule = self.rule_on(day, course)
                    required = self.required(rule, self.assigned(student, day, course))
                    lines[student, day] = self.line(
                        student, day, seen, expected=expected, rule=rule.id, required=required
                    )
        return lines

    def line(
        self, student: int, day: date, seen: list[int], *, expected: bool, rule: int | None, required: int
    ) -> Line:
        computed = "present" if seen and sum(seen) >= required else "absent"
        said = self.corrections.get((student, day))
        status = said or ("excused" if computed == "absent" and not expected else computed)
        return Line(status, computed, sum(seen), expected, said is not None, rule, required)
