"""Rows from the log alone: written anew (rebuild), or only compared (verify).

Both go through the users in portions of bounded size, so that memory stays flat, and both may run while
workers do. Days whose log is pruned keep the rows they have.
"""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.attendance.rule_store import held_rules
from core.clock import Clock, utc_now
from core.database import Sessions
from core.policy import Policy
from core.policy_store import store_policy
from events.meaning.fold import Player, Rows, fold
from events.schemas import Event
from workers.watch_time import judging, log, players, rows
from workers.watch_time.boundary import load_boundary
from workers.watch_time.in_order import PlayerKey, Standing
from workers.watch_time.judging import Asked, AttendanceKey, Judge, by_rule
from workers.watch_time.refold import Days
from workers.watch_time.scope import EVERYTHING, Scope, portions


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a table that is not what the log says; None where there is no row."""

    user_id: int
    table: str
    key: str
    stored: object | None
    folded: object | None


async def rebuild(
    sessions: Sessions, policy: Policy, scope: Scope = EVERYTHING, clock: Clock = utc_now
) -> AsyncGenerator[int]:
    """Rewrite the rows of a scope, no others; yield how many users each portion had, once committed.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    async for user_ids in _portions(sessions, scope, policy):
        async with sessions.begin() as session:
            await log.share_policy_lock(session)
            judge = Judge(policy, await held_rules(session, policy), clock())
            await _rebuild(session, judge, scope, user_ids)
        yield len(user_ids)


async def adopt_policy(sessions: Sessions, policy: Policy) -> AsyncGenerator[int]:
    """Put the rows of all unpruned days under another policy; yield how many users each portion had.

    It is one transaction. Workers wait meanwhile; those that run under the old policy then stop instead of
    writing by it.
    """
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        await log.take_policy_lock(session)
        await store_policy(session, policy)
        judge = Judge(policy, await held_rules(session, policy), utc_now())
        async for user_ids in _portions(sessions, EVERYTHING, policy):
            await _rebuild(session, judge, EVERYTHING, user_ids)
            yield len(user_ids)


async def verify(
    sessions: Sessions, policy: Policy, scope: Scope = EVERYTHING
) -> AsyncGenerator[tuple[int, list[Difference]]]:
    """Fold the log in memory and compare; yield users and differences of each portion.

    Raises:
        PolicyMismatch: the rows are under another policy.

    """
    async for user_ids in _portions(sessions, scope, policy):
        async with sessions.begin() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            judge = Judge(policy, await held_rules(session, policy), utc_now())
            reading = await _read(session, policy, scope, user_ids)
            stored = await rows.stored(session, user_ids, scope.first, scope.last)
            had = await judging.stored(
                session, [(user_id, day) for user_id in user_ids for day in stored[user_id].attendance]
            )
            standing = await players.stored(session, user_ids)
            read = await players.by_log(session, reading.players)
        if not reading.is_whole:
            standing = {key: stands for key, stands in standing.items() if key in reading.players}
        differences = list(_player_differences(standing, read))
        for days, events in reading.events.items():
            folded = fold(events, policy)
            due = {day: judge.due(day, had.get((days.user_id, day))) for day in folded.attendance}
            differences += _row_differences(days, stored[days.user_id], folded, due)
            differences += _rule_differences(days, had, due)
        yield len(user_ids), differences


def _portions(sessions: Sessions, scope: Scope, policy: Policy) -> AsyncGenerator[list[int]]:
    return portions(sessions, scope.user_ids, lambda user_id: scope.days(user_id).window(policy.zone))


async def _rebuild(session: AsyncSession, judge: Judge, scope: Scope, user_ids: Collection[int]) -> None:
    policy = judge.policy
    known = await log.lock_users(session, user_ids)
    reading = await _read(session, policy, scope, known)
    folded = {days: fold(events, policy) for days, events in reading.events.items()}
    await rows.replace(session, folded, judge)
    await players.read_again(session, reading.players)
    if reading.is_whole:
        await players.keep_only(session, known, reading.players)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the unpruned days of some users in a scope are folded from, and the players heard of there."""

    events: Mapping[Days, Sequence[Event]]
    players: AbstractSet[PlayerKey]
    is_whole: bool
    """Whether that is all the log holds of them."""


async def _read(session: AsyncSession, policy: Policy, scope: Scope, user_ids: Collection[int]) -> _Reading:
    """Read the log of a scope.

    For all days that is the log as it is, so that a comparison trusts no rule about how far events reach.
    """
    pruned_before = (await load_boundary(session)).before
    portion = [scope.days(user_id).since(pruned_before) for user_id in user_ids]
    is_whole = scope.first <= pruned_before and scope.last == date.max
    events: dict[Days, list[Event]]
    if is_whole:
        of_user = await log.whole_log(session, user_ids)
        events = {days: of_user[days.user_id] for days in portion}
    else:
        windows = {days: days.window(policy.zone) for days in portion}
        of_window = await log.window_events(session, windows.values())
        events = {days: of_window[window.user_id, window.start] for days, window in windows.items()}
    return _Reading(events, players.of(event for heard in events.values() for event in heard), is_whole)


def _row_differences(
    days: Days, stored: Rows, folded: Rows, asked: Mapping[date, Asked]
) -> Iterator[Difference]:
    for video_id, day in sorted({*stored.progress, *folded.progress}):
        have, want = stored.progress.get((video_id, day)), folded.progress.get((video_id, day))
        if day in days and have != want:
            yield Difference(days.user_id, "progress", f"video {video_id} on {day}", have, want)
    for day in sorted({*stored.attendance, *folded.attendance}):
        present, due = stored.attendance.get(day), folded.attendance.get(day)
        due = by_rule(due, asked[day]) if due else None
        if day in days and present != due:
            yield Difference(days.user_id, "attendance", f"on {day}", present, due)


def _rule_differences(
    days: Days, had: Mapping[AttendanceKey, Asked], asked: Mapping[date, Asked]
) -> Iterator[Difference]:
    for day in sorted(asked):
        judged_by = had.get((days.user_id, day))
        if day in days and judged_by is not None and judged_by != asked[day]:
            yield Difference(days.user_id, "attendance", f"rule on {day}", judged_by, asked[day])


def _player_differences(
    stored: Mapping[PlayerKey, Standing], read: Mapping[PlayerKey, tuple[Player, Event]]
) -> Iterator[Difference]:
    want = {key: Standing(player, last.order) for key, (player, last) in read.items()}
    for user_id, video_id, session_id in sorted({*stored, *want}):
        key = user_id, video_id, session_id
        if stored.get(key) != want.get(key):
            named = f"video {video_id} in session {session_id!r}"
            yield Difference(user_id, "players", named, stored.get(key), want.get(key))
