"""What single courses make of a student's days, where they have rules of their own. Reading only."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance.course_schemas import CourseDay
from api.attendance.courses import CourseReader
from api.attendance.service import Reader
from core.attendance.rule_store import load_rules
from core.attendance.rules import Rule
from web.days import queries


class InCourse(NamedTuple):
    """A day as a course's list has it."""

    title: str
    day: CourseDay


class CourseRules(NamedTuple):
    """What a course asks for by rules of its own, each with the date from which on it does."""

    title: str
    rules: Sequence[tuple[date, Rule]]


async def in_courses(session: AsyncSession, reader: Reader, user_id: int, day: date) -> Sequence[InCourse]:
    """Return what a day is in each of a student's courses that expected the student, or was watched."""
    found: list[InCourse] = []
    for place in await queries.places(session, user_id):
        rows = await CourseReader(reader, place.course_id, [day]).rows_of(session, [user_id])
        found += [InCourse(place.title, row) for row in rows]
    return found


async def rules_of_courses(
    session: AsyncSession, reader: Reader, user_id: int, first: date, last: date
) -> Sequence[CourseRules]:
    """Return what a student's courses ask for themselves between two dates."""
    found: list[CourseRules] = []
    for place in await queries.places(session, user_id, with_rules=True):
        rules = await load_rules(session, reader.policy, place.course_id)
        own = [(day, rule) for day, rule in rules.between(first, last) if rule in rules.versions]
        if own:
            found.append(CourseRules(place.title, own))
    return found
