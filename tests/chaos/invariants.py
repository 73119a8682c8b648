"""What must hold once a fault has healed and everything has settled, whatever happened before."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import aio_pika
from sqlalchemy import text

from core.database import make_engine, make_sessions
from core.policy import Policy
from events.meaning.fold import Rows, fold
from events.schemas import Event, UndecodableMessage, decode
from events.topology import PROGRESS_DEAD_LETTERS
from tests.chaos.keeper import WORKERS, Death
from tests.chaos.ledger import Answer, Ledger, Outcome
from tests.chaos.load import Load
from tests.chaos.stage import Stage
from workers.watch_time import rows
from workers.watch_time.log import whole_log

DEADLINE_SECONDS = 3.0
TOLERANCE_SECONDS = 1.0
"""The harness takes its share of the processor while it measures."""
RECOVERY_SECONDS = 30.0
POLICY = Policy()
CLOCK_TOLERANCE = timedelta(seconds=5)
"""A corrected time is off by as long as the request was on its way."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of the students."""

    events: Mapping[int, Sequence[Event]]
    rows: Mapping[int, Rows]
    strangers: Sequence[UUID]
    """Events in the log of users who took no part."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the invariants are judged by."""

    ledger: Ledger
    load: Load
    stored: Stored
    verify: str
    """What `edutrack verify` said if it found a difference, else nothing."""
    dead_letters: Sequence[str]
    messages: int
    """In the queue of events, whether ready or held by a worker."""
    consumers: int
    outbox: int
    deaths: Sequence[Death]
    recovered: float | None
    """Seconds from the heal until everything flowed, or None if it never did."""
    problems: Sequence[str] = ()
    """What the fault itself found wrong."""


def read_stored(stage: Stage, user_ids: Sequence[int]) -> Stored:
    """Read the log and the rows of some users as they were at one moment: a worker may be late and still apply."""

    async def read() -> Stored:
        engine = make_engine(stage.settings)
        async with make_sessions(engine).begin() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            events = await whole_log(session, user_ids)
            found = await rows.stored(session, user_ids)
        await engine.dispose()
        strangers = "SELECT event_id FROM progress_events WHERE user_id <> ALL($1::bigint[])"
        asked = await stage._ask_database(strangers, list(user_ids))
        return Stored(events, found, [row["event_id"] for row in asked])

    return asyncio.run(read())


def take_dead_letters(stage: Stage) -> list[str]:
    """Empty the dead-letter queue; return the event ids in it, and names of bodies that are no events."""

    async def take() -> list[str]:
        found: list[str] = []
        async with await aio_pika.connect(stage.amqp_url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(PROGRESS_DEAD_LETTERS.name, ensure=False)
            while (message := await queue.get(fail=False)) is not None:
                found += names_of(message.body)
                await message.ack()
        return found

    return asyncio.run(take())


def names_of(body: bytes) -> list[str]:
    """Return what tells a message from others: its events' ids, or a digest where it has none."""
    try:
        return [str(event.event_id) for event in decode(body)]
    except UndecodableMessage:
        return [hashlib.sha256(body).hexdigest()[:16]]


def broken(evidence: Evidence) -> dict[str, str]:
    """Return the invariants that do not hold, each with what is wrong."""
    judged = {
        "I1": _lost(evidence),
        "I2": _rows(evidence),
        "I3": evidence.verify,
        "I4": _unsent(evidence),
        "I5": _in_time(evidence),
        "I6": _poison(evidence),
        "I7": _settled(evidence),
    }
    return {name: wrong for name, wrong in judged.items() if wrong}


INVARIANTS = ("I1", "I2", "I3", "I4", "I5", "I6", "I7")


def lost(evidence: Evidence) -> set[UUID]:
    """Return events that were answered 2xx and are not in the log."""
    return evidence.ledger.accepted() - applied(evidence)


def applied(evidence: Evidence) -> set[UUID]:
    """Return the events in the log."""
    return {event.event_id for events in evidence.stored.events.values() for event in events}


def _lost(evidence: Evidence) -> str:
    missing = lost(evidence)
    return f"{len(missing)} accepted events are not applied, such as {min(missing)}" if missing else ""


def _rows(evidence: Evidence) -> str:
    """Fold the events as they were sent, each once, those that were applied."""
    sent = evidence.ledger.entries
    for user_id, logged in evidence.stored.events.items():
        events = logged
        if not evidence.load.clock_ahead:
            events = [sent[event.event_id].event for event in logged if event.event_id in sent]
        if fold(events, POLICY) != evidence.stored.rows[user_id]:
            return f"the rows of user {user_id} are not what their events mean"
    return ""


def _unsent(evidence: Evidence) -> str:
    if evidence.stored.strangers:
        return f"{len(evidence.stored.strangers)} events of other users are applied"
    for events in evidence.stored.events.values():
        for event in events:
            entry = evidence.ledger.entries.get(event.event_id)
            if entry is None:
                return f"{event.event_id} was never sent"
            if not _same(entry.event, event, evidence.load):
                return f"{event.event_id} is not stored as it was sent"
    return ""


def _same(sent: Event, logged: Event, load: Load) -> bool:
    tolerance = CLOCK_TOLERANCE if load.clock_ahead else timedelta()
    alike = [
        (
            type(event),
            event.user_id,
            event.video_id,
            event.session_id,
            getattr(event, "claimed_seconds", None),
        )
        for event in (sent, logged)
    ]
    return alike[0] == alike[1] and abs(sent.at - logged.at) <= tolerance


def _in_time(evidence: Evidence) -> str:
    wrong = [answer for answer in evidence.ledger.answers if answer.outcome is Outcome.WRONG]
    if wrong:
        return f"{len(wrong)} answers were not promised, such as {wrong[0].detail}"
    slow = [answer for answer in evidence.ledger.answers if _is_late(answer)]
    if slow:
        return f"{len(slow)} requests took up to {max(it.seconds for it in slow):.1f} s"
    if evidence.recovered is None or evidence.recovered > RECOVERY_SECONDS:
        return f"nothing flowed {RECOVERY_SECONDS:.0f} s after the fault was over"
    unasked = [str(death) for death in evidence.deaths if not death.expected]
    return ", ".join((*unasked, *evidence.problems))


def _is_late(answer: Answer) -> bool:
    return answer.seconds > DEADLINE_SECONDS + TOLERANCE_SECONDS


def _poison(evidence: Evidence) -> str:
    found, expected = set(evidence.dead_letters), evidence.ledger.poison
    if found == expected:
        return ""
    return (
        f"{len(found - expected)} good messages are dead letters, {len(expected - found)} poisonous are not"
    )


def _settled(evidence: Evidence) -> str:
    if (evidence.messages, evidence.consumers, evidence.outbox) == (0, len(WORKERS), 0):
        return ""
    return (
        f"{evidence.messages} messages in the queue, {evidence.outbox} events in the outbox, "
        f"{evidence.consumers} consumers"
    )
