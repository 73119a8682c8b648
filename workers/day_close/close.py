"""Closing local days that are final: who was expected on them is written down, whatever becomes of it later.
Until then, days are judged anew now and then.

Each day is one transaction, which may run any number of times: what a day that was missed would have been
closed with is what it is closed with.
"""

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.rejudge import judge_day
from core.attendance.rule_store import held_rules
from core.attendance.school_days import FIRST_DAY, SchoolDays, load_school_days
from core.calendar import local_date
from core.clock import Clock, utc_now
from core.database import Sessions
from core.errors import BadRequest, Conflict
from core.policy import Policy
from workers.day_close import queries

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closed:
    """A day that was closed, and how many students were expected on it."""

    date: date
    expected: int


def last_final(policy: Policy, clock: Clock) -> date:
    """Return the latest local date of which no event is accepted any more."""
    return local_date(clock(), policy.zone) - timedelta(days=policy.late_days) - _DAY


async def close_due(sessions: Sessions, policy: Policy, clock: Clock = utc_now) -> AsyncGenerator[Closed]:
    """Close every final day since the first student joined that is not closed yet; yield each once committed.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    last = last_final(policy, clock)
    async with sessions.begin() as session:
        joined = await queries.first_joined(session)
        first = local_date(joined, policy.zone) if joined else last + _DAY
        closed = await queries.closed_between(session, first, last)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day not in closed:
            async with sessions.begin() as session:
                found = await _close(session, policy, day)
            if found is not None:
                yield found


async def close_again(sessions: Sessions, policy: Policy, day: date, clock: Clock = utc_now) -> Closed:
    """Close one day by the calendar as it is now, also where it is closed already.

    Raises:
        BadRequest: nobody keeps attendance of that day.
        Conflict: it is not final yet.
        PolicyMismatch: the rows are under another policy.

    """
    if day < FIRST_DAY:
        raise BadRequest(f"attendance is kept from {FIRST_DAY} on")
    last = last_final(policy, clock)
    if day > last:
        raise Conflict(
            f"{day} is not final: events of it are still accepted "
            f"(EDUTRACK_LATE_DAYS is {policy.late_days}). The latest day that can be closed is {last}."
        )
    async with sessions.begin() as session:
        await queries.reopen(session, day)
        found = await _close(session, policy, day)
    return found or Closed(day, 0)


async def judge_open(sessions: Sessions, policy: Policy, clock: Clock = utc_now) -> None:
    """Judge the days that are not final by what is assigned to them now, where a rule asks for a share of it.

    Assigning a video does so at once; places, dates of courses and imports change it as well.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    for number in range(1, policy.late_days + 2):
        async with sessions.begin() as session:
            await queries.share_policy_lock(session)
            day = last_final(policy, clock) + number * _DAY
            rule = (await held_rules(session, policy)).on(day)
            if rule.minimum_share is not None:
                await judge_day(session, policy.zone, day, rule)


async def _close(session: AsyncSession, policy: Policy, day: date) -> Closed | None:
    """Close a day; None where somebody else has meanwhile."""
    await queries.share_policy_lock(session)
    rules = await held_rules(session, policy)
    now = await load_school_days(session, policy.zone, day, day)
    calendar = SchoolDays(policy.zone, now.weekdays, now.holidays)
    if not await queries.begin(session, day, is_school_day=calendar.has_school(day)):
        return None
    rule = rules.on(day)
    if rule.minimum_share is not None:
        await judge_day(session, policy.zone, day, rule)
    expected = await queries.call_roll(session, calendar, day)
    log.info("closed %s: %d students were expected", day, expected)
    return Closed(day, expected)
