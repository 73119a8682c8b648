"""Changing what a day asks for: shown first, then applied with everything it judges, in one transaction."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance.courses import CourseReader
from api.attendance.reasons import reason_of
from api.attendance.rule_schemas import FlipAnswer, FlipCounts, RuleRequest
from api.attendance.service import Reader
from core.attendance import rejudge
from core.attendance.flips import Flip, Flips, Wanted, flips_of_course, flips_of_school
from core.attendance.rule_store import add_rule, load_rules, rule_of
from core.attendance.rules import Rule, seen
from core.attendance.school_days import FIRST_DAY
from core.errors import BadRequest, Conflict
from core.policy_store import require_policy
from core.tables import AttendanceRule

MOST_ROWS = 50_000
"""Rows that a request may judge anew: a command has longer than the seconds a request has."""

NO_MINIMUM = "say minimum_seconds, minimum_share or both"
NO_RULE_DAY = "effective_from must be a date from 1970 on"
TOO_MANY = (
    "this judges more days than a request has time for: use the command `edutrack rule add`, "
    "which shows with --dry-run who would turn"
)


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


async def preview(session: AsyncSession, reader: Reader, asked: RuleRequest, wanted: Wanted) -> Preview:
    """Return what a rule would change, and change nothing.

    Raises:
        BadRequest: see `proposed`.
        NotFound: there is no such course.

    """
    rule = proposed(asked, reader)
    if asked.course_id is not None:
        await CourseReader(reader, asked.course_id, ()).require(session)
    rules = await load_rules(session, reader.policy, asked.course_id)
    stretch = await rejudge.stretch_of(
        session, reader.policy.zone, rule.effective_from, rules.next_from(rule)
    )
    if asked.course_id is None:
        found = await flips_of_school(session, stretch, rule, wanted)
    else:
        found = await flips_of_course(session, asked.course_id, stretch, rules, rule, wanted)
    return _shown(found)


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
        Conflict: these are more than `most_rows`.
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
    judges_rows = asked.course_id is None  # a course's list is judged when it is read
    most = most_rows if judges_rows else None
    if most is not None and await rejudge.count_rows(session, stretch, most + 1) > most:
        raise Conflict(TOO_MANY)
    changes = await preview(session, reader, asked, wanted)
    stored = await add_rule(
        session,
        course_id=asked.course_id,
        effective_from=rule.effective_from,
        minimum_seconds=rule.minimum_seconds,
        minimum_share=rule.minimum_share,
        reason=None if asked.reason is None else reason_of(asked.reason),
        created_by=by,
    )
    if judges_rows:
        await rejudge.rejudge(session, stretch, rule_of(stored))
    return stored, changes


def _shown(flips: Flips) -> Preview:
    shown = Preview(listed=[_answer(flip) for flip in flips.listed])
    for turn, days in flips.counted.items():
        shown.count(seen(turn.new_status, None, expected=turn.expected), days, corrected=turn.corrected)
    return shown


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
