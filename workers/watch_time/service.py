"""From a batch of events to rows, in transactions that may run any number of times.

A repeat finds its events in the log and changes nothing. The users of a batch are locked before the log is
read, so that two workers never fold the same user from two halves of the truth. Those whom another worker has
locked come last: the others do not wait for them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from core.calendar import day_start, local_date
from core.clock import Clock, utc_now
from core.database import Sessions
from core.policy import Policy
from events.meaning.fold import Player, fold
from events.schemas import Applied, Event, ProgressRecord
from workers.watch_time import log, players, rows
from workers.watch_time.boundary import Boundary
from workers.watch_time.gate import Gate, look
from workers.watch_time.in_order import Addition, PlayerKey, Standing, add_in_order
from workers.watch_time.judging import Judge
from workers.watch_time.log import EventKey
from workers.watch_time.refold import days_to_refold
from workers.watch_time.rows import ProgressKey
from workers.watch_time.scope import cut


class WatchTime:
    """Applies batches of events under one policy."""

    def __init__(self, sessions: Sessions, policy: Policy, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._policy = policy
        self._clock = clock

    async def apply(self, events: Sequence[Event], *, awaited: bool = True) -> list[Applied]:
        """Log the events, bring the rows they touch up to date, commit; answer each event, in order.

        One transaction, and a second one for users who are locked by somebody else just now. If the second
        one fails, the call that tries again answers what the first one applied as `duplicate`. The records
        are only read where somebody has `awaited` the answers.

        Raises:
            PolicyMismatch: the rows are under another policy now; this process must not write them.
            sqlalchemy.exc.DBAPIError, OSError: not all is known to be committed; call again with the same.

        """
        answers = await self._apply(events, awaited=awaited, skip_locked=True)
        left = [event for event in events if id(event) not in answers]
        if left:
            answers |= await self._apply(left, awaited=awaited, skip_locked=False)
        return [answers[id(event)] for event in events]

    async def _apply(self, batch: Sequence[Event], *, awaited: bool, skip_locked: bool) -> dict[int, Applied]:
        """Apply in one transaction, with or without those who are locked; return answers by `id(event)`."""
        async with self._sessions.begin() as session:
            await log.share_policy_lock(session)
            users = await log.lock_users(session, {event.user_id for event in batch}, skip_locked=skip_locked)
            events = [event for event in batch if event.user_id in users] if skip_locked else batch
            if not events:
                return {}
            gate = await look(session, self._policy, {event.video_id for event in events})
            refused = await self._refusals(session, events, users, gate)
            first: dict[EventKey, Event] = {}
            for number, event in enumerate(events):
                if number not in refused:
                    first.setdefault(_key(event), event)
            fresh = await self._log(session, first)
            await self._bring_up_to_date(session, fresh, gate)
            records = await self._records(session, first, fresh) if awaited else {}
        applied = {id(event) for event in fresh}
        return {
            id(event): Applied(
                event_id=event.event_id,
                user_id=event.user_id,
                outcome=_outcome(is_refused=number in refused, is_new=id(event) in applied),
                record=records.get(_key(event)) if number not in refused else None,
                detail=refused.get(number),
            )
            for number, event in enumerate(events)
        }

    async def _refusals(
        self, session: AsyncSession, events: Sequence[Event], users: Collection[int], gate: Gate
    ) -> dict[int, str]:
        """Return, by place in the batch, why events cannot be applied, now or ever."""
        refused: dict[int, str] = {}
        for number, event in enumerate(events):
            if event.user_id not in users:
                refused[number] = "the user does not exist"
            elif event.video_id not in gate.videos:
                refused[number] = "the video does not exist"
        if gate.boundary:
            refused = await self._pruned(session, events, gate.boundary) | refused
        return refused

    async def _pruned(
        self, session: AsyncSession, events: Sequence[Event], boundary: Boundary
    ) -> dict[int, str]:
        """Return, by place in the batch, what to say of the events of pruned days.

        One whose id the log still holds is not among them: it is a repeat, and harmless as such.
        """
        zone = self._policy.zone
        judged = {number: boundary.refusal(local_date(event.at, zone)) for number, event in enumerate(events)}
        refused = {number: reason for number, reason in judged.items() if reason}
        if not refused:
            return {}
        known = await log.stored_places(session, {_key(events[number]) for number in refused})
        return {number: reason for number, reason in refused.items() if _key(events[number]) not in known}

    async def _log(self, session: AsyncSession, batch: Mapping[EventKey, Event]) -> list[Event]:
        """Append a batch of distinct events and return those the log did not hold yet.

        An event of a day that is final by now was accepted in time: it counts, and is flagged late.
        """
        zone = self._policy.zone
        first_open = local_date(self._clock(), zone) - timedelta(days=self._policy.late_days)
        repeated = await log.log_events(session, list(batch.values()), day_start(first_open, zone))
        return [event for key, event in batch.items() if key not in repeated]

    async def _bring_up_to_date(self, session: AsyncSession, fresh: Sequence[Event], gate: Gate) -> None:
        """Add the events of users who went on in order; fold the days of all others again.

        Rows of pruned days are left alone.
        """
        first_day, judge = gate.boundary.before, Judge(self._policy, gate.rules, self._clock())
        if not fresh:
            return
        by_user: dict[int, list[Event]] = defaultdict(list)
        for event in sorted(fresh, key=lambda event: event.order):
            by_user[event.user_id].append(event)
        standing = await players.standing(session, players.of(fresh))
        added: dict[int, Addition] = {}
        disordered: list[Event] = []
        for user_id, events in by_user.items():
            addition = add_in_order(events, standing, self._policy.zone)
            if addition is None:
                disordered += events
            else:
                added[user_id] = addition
        if added:
            await self._add(session, added, first_day, judge)
        if disordered:
            await self._refold(session, disordered, standing, first_day, judge)

    async def _add(
        self, session: AsyncSession, added: Mapping[int, Addition], first_day: date, judge: Judge
    ) -> None:
        differences = {user_id: addition.since(first_day) for user_id, addition in added.items()}
        await rows.add(session, differences, judge)
        await players.put(
            session, {key: stand for addition in added.values() for key, stand in addition.players.items()}
        )

    async def _refold(
        self,
        session: AsyncSession,
        fresh: Sequence[Event],
        standing: Mapping[PlayerKey, Standing],
        first_day: date,
        judge: Judge,
    ) -> None:
        """Fold the days of new events again, in portions: memory stays flat however long the days are."""
        zone = self._policy.zone
        touched = await log.touched_players(session, fresh)
        stretches = (days.since(first_day) for days in days_to_refold(touched, zone))
        windows = {days.window(zone): days for days in stretches}
        last = players.last_orders(fresh, standing)
        known: dict[PlayerKey, tuple[Player, Event]] = {}
        for portion in cut(windows, await log.sizes(session, list(windows))):
            events = await log.window_events(session, portion)
            folded = {
                windows[window]: fold(events[window.user_id, window.start], self._policy)
                for window in portion
            }
            await rows.replace(session, folded, judge)
            known |= players.known_from(events.values(), last)
        await players.put(session, known | await players.by_log(session, last.keys() - known.keys()))

    async def _records(
        self, session: AsyncSession, events: Mapping[EventKey, Event], fresh: Collection[Event]
    ) -> dict[EventKey, ProgressRecord | None]:
        """Return the progress row each event fell into; of a repeat, the one the stored event fell into."""
        repeated = events.keys() - {_key(event) for event in fresh}
        stored = await log.stored_places(session, repeated) if repeated else {}
        places: dict[EventKey, ProgressKey] = {}
        for key, event in events.items():
            video_id, at = stored.get(key, (event.video_id, event.at))
            places[key] = (event.user_id, video_id, local_date(at, self._policy.zone))
        found = await rows.records(session, set(places.values()))
        return {key: found.get(place) for key, place in places.items()}


def _key(event: Event) -> EventKey:
    return event.user_id, event.event_id


def _outcome(*, is_refused: bool, is_new: bool) -> Literal["applied", "duplicate", "rejected"]:
    if is_refused:
        return "rejected"
    return "applied" if is_new else "duplicate"
