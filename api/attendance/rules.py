"""Changing what a day asks for: shown first, then applied with everything it judges, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance.course_schemas import CourseDay
from api.attendance.courses import CourseReader
from api.attendance.keys import DayKey, day_key
from api.attendance.reasons import reason_of
from api.attendance.rule_schemas import FlipAnswer, FlipCounts, RuleRequest
from api.attendance.service import PAGE_ROWS, Reader
from core.attendance import rejudge
from core.attendance.rejudge import Flip, Stretch
from core.attendance.rule_store import add_rule, load_rules, rule_of
from core.attendance.rules import Rule, Rules, seen
from core.attendance.school_days import FIRST_DAY
from core.errors import BadRequest, Conflict
from core.policy_store import require_policy
from core.tables import AttendanceRule

MOST_ROWS = 50_000
"""Rows that a request may judge anew: a command has longer than the seconds a request has."""

NO_MINIMUM = "say minimum_seconds, minimum_share or both"
NO_RULE_DAY = "effective_from must be a date from 1970 on"
TOO_MANY = f"more than {MOST_ROWS} days would be judged anew: use the command `edutrack rule add`"


class Wanted(NamedTuple):
    """Which page of the days that turn is wanted: behind which one, and how many rows."""

    after: DayKey
    limit: int


@dataclass(slots=True)
class Preview:
    """What a rule would change."""

    flips: FlipCounts = field(default_factory=lambda: FlipCounts(to_present=0, to_absent=0, to_excused=0))
    corrected: int = 0
    listed: list[FlipAnswer] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.flips.to_present + self.flips.to_absent + self.flips.to_excused

    def count(self, new_status: str, days: int, *, corrected: bool) -> None:
        """Take so many days that turn to a status, or would but for a correction."""
        if corrected:
            self.corrected += days
            return
        name = f"to_{new_status}"
        setattr(self.flips, name, getattr(self.flips, name) + days)


def proposed(asked: RuleRequest, reader: Reader) -> Rule:
    """Return what is asked for as a rule.

    Raises:
        BadRequest: it asks for nothing, or from a day on of which nobody keeps attendance, or for no reason.

    """
    if asked.minimum_seconds is None and asked.minimum_share is None:
        raise BadRequest(NO_MINIMUM)
    if asked.effective_from < FIRST_DAY:
        raise BadRequest(NO_RULE_DAY)
    if asked.reason is not None:
        reason_of(asked.reason)
    minimum = asked.minimum_seconds
    if minimum is None:
        minimum = reader.policy.attendance_min_seconds
    return Rule(None, asked.effective_from, minimum, asked.minimum_share)


async def preview(
    session: AsyncSession, reader: Reader, asked: RuleRequest, wanted: Wanted, *, most_rows: int | None
) -> Preview:
    """Return what a rule would change, and change nothing.

    Raises:
        BadRequest: see `proposed`.
        Conflict: that is to be looked for among more than `most_rows`.
        NotFound: there is no such course.

    """
    rule = proposed(asked, reader)
    if asked.course_id is not None:
        await CourseReader(reader, asked.course_id, ()).require(session)
    rules = await load_rules(session, reader.policy, asked.course_id)
    stretch = await rejudge.stretch_of(
        session, reader.policy.zone, rule.effective_from, rules.next_from(rule)
    )
    if most_rows is not None and await rejudge.count_rows(session, stretch, most_rows + 1) > most_rows:
        raise Conflict(TOO_MANY)
    if asked.course_id is None:
        return await _of_school(session, stretch, rule, wanted)
    return await _of_course(session, CourseReader(reader, asked.course_id, stretch.days), rules, rule, wanted)


async def apply(
    session: AsyncSession,
    reader: Reader,
    asked: RuleRequest,
    wanted: Wanted,
    *,
    by: int | None,
    most_rows: int | None,
) -> tuple[AttendanceRule, Preview]:
    """Store a rule and let it judge its days; corrections stand. Workers wait until the transaction ends.

    Raises:
        BadRequest: see `proposed`.
        Conflict: that is more than `most_rows`.
        NotFound: there is no such course.
        PolicyMismatch: the rows are under another policy.

    """
    rule = proposed(asked, reader)
    await rejudge.take_policy_lock(session)
    await require_policy(session, reader.policy)
    rules = await load_rules(session, reader.policy, asked.course_id)
    stretch = await rejudge.stretch_of(
        session, reader.policy.zone, rule.effective_from, rules.next_from(rule)
    )
    changes = await preview(session, reader, asked, wanted, most_rows=most_rows)
    stored = await add_rule(
        session,
        course_id=asked.course_id,
        effective_from=rule.effective_from,
        minimum_seconds=rule.minimum_seconds,
        minimum_share=rule.minimum_share,
        reason=None if asked.reason is None else reason_of(asked.reason),
        created_by=by,
    )
    if asked.course_id is None:
        await rejudge.rejudge(session, stretch, rule_of(stored))
    return stored, changes


async def _of_school(session: AsyncSession, stretch: Stretch, rule: Rule, wanted: Wanted) -> Preview:
    found = Preview()
    for row in await rejudge.count_flips(session, stretch, rule):
        new_status = seen(row.new_status, None, expected=row.expected)
        found.count(new_status, row.days, corrected=row.corrected)
    after = (wanted.after.user_id, wanted.after.day)
    rows = await rejudge.flips(session, stretch, rule, after=after, limit=wanted.limit)
    found.listed = [_answer(row) for row in rows]
    return found


def _answer(flip: Flip) -> FlipAnswer:
    return FlipAnswer(
        user_id=flip.user_id,
        username=flip.username,
        date=flip.date,
        total_seconds=flip.total_time.total_seconds(),
        required_seconds=flip.required_seconds,
        old_status=seen(flip.old_status, None, expected=flip.expected).value,
        new_status=seen(flip.new_status, None, expected=flip.expected).value,
    )


async def _of_course(
    session: AsyncSession, reader: CourseReader, rules: Rules, rule: Rule, wanted: Wanted
) -> Preview:
    """Read the course by the rules as they are and as they would be, side by side."""
    found = Preview()
    as_is, to_be = replace(reader, rules=rules), replace(reader, rules=rules.plus(rule))
    after: DayKey | None = None
    while True:
        old = await as_is.rows(session, after, PAGE_ROWS)
        new = await to_be.rows(session, after, PAGE_ROWS)
        _compare(found, old, new, wanted)
        if len(old) < PAGE_ROWS:
            return found
        after = day_key(old[-1].user_id, old[-1].date)


def _compare(found: Preview, old: Sequence[CourseDay], new: Sequence[CourseDay], wanted: Wanted) -> None:
    for before, then in zip(old, new, strict=True):
        if before.computed_status == then.computed_status:
            continue
        new_status = seen(then.computed_status, None, expected=then.expected)
        found.count(new_status, 1, corrected=then.corrected)
        is_wanted = day_key(then.user_id, then.date) > wanted.after
        if not then.corrected and is_wanted and len(found.listed) < wanted.limit:
            found.listed.append(
                FlipAnswer(
                    user_id=then.user_id,
                    username=then.username,
                    date=then.date,
                    total_seconds=then.total_seconds,
                    required_seconds=then.required_seconds,
                    old_status=before.status,
                    new_status=then.status,
                )
            )
