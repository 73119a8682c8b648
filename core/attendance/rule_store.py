"""The rules as they are stored. Read them behind the policy lock where rows are written by them."""

import json
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.rules import Rule, Rules
from core.policy import Policy
from core.policy_store import hold_against, policy_of
from core.tables import AttendanceRule


def policy_rule(policy: Policy) -> Rule:
    """Return what holds where no rule does."""
    return Rule(None, date.min, policy.attendance_min_seconds)


async def load_rules(session: AsyncSession, policy: Policy, course_id: int | None = None) -> Rules:
    """Return the school's rules; with a course its own, which the school's hold before."""
    statement = select(AttendanceRule).where(
        or_(AttendanceRule.course_id.is_(None), AttendanceRule.course_id == course_id)
    )
    found = (
        await session.scalars(statement.order_by(AttendanceRule.effective_from, AttendanceRule.id))
    ).all()
    school = Rules([rule_of(row) for row in found if row.course_id is None], policy_rule(policy))
    if course_id is None:
        return school
    return Rules([rule_of(row) for row in found if row.course_id is not None], school)


SCHOOL_RULES = """(
    SELECT CAST(coalesce(json_agg(
        json_build_array(id, effective_from, minimum_seconds, CAST(minimum_share AS text))
        ORDER BY effective_from, id), '[]') AS text)
    FROM attendance_rules WHERE course_id IS NULL)"""
"""The school's rules as one value of a statement, for `school_rules`."""

_HELD = text(f"SELECT policy.*, {SCHOOL_RULES} AS rules FROM policy")  # noqa: S608 - constants


def school_rules(value: str, policy: Policy) -> Rules:
    """Return what a statement found as `SCHOOL_RULES`."""
    versions = [
        Rule(rule_id, date.fromisoformat(first), seconds, None if share is None else Decimal(share))
        for rule_id, first, seconds, share in json.loads(value)
    ]
    return Rules(versions, policy_rule(policy))


async def held_rules(session: AsyncSession, policy: Policy) -> Rules:
    """Hold a policy against the stored one and return the school's rules, in one statement.

    Raises:
        PolicyMismatch: they differ.

    """
    found = (await session.execute(_HELD)).one()
    hold_against(policy_of(found), policy)
    return school_rules(found.rules, policy)


async def add_rule(
    session: AsyncSession,
    *,
    course_id: int | None,
    effective_from: date,
    minimum_seconds: int,
    minimum_share: Decimal | None,
    reason: str | None,
    created_by: int | None,
) -> AttendanceRule:
    """Store another version; it judges nothing yet."""
    values = {
        "course_id": course_id,
        "effective_from": effective_from,
        "minimum_seconds": minimum_seconds,
        "minimum_share": minimum_share,
        "reason": reason,
        "created_by": created_by,
    }
    statement = insert(AttendanceRule).values(values).returning(AttendanceRule)
    return (await session.scalars(statement)).one()


def rule_of(row: AttendanceRule) -> Rule:
    """Return a stored version as what judges."""
    return Rule(row.id, row.effective_from, row.minimum_seconds, row.minimum_share)
