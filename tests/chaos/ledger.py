"""What was sent and what was answered, on disk before the harness acts on it."""

import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from events.schemas import Event, Pause


class Outcome(StrEnum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """503 with `Retry-After`: nothing is known to be stored, and the sender knows when to try again."""
    UNREACHABLE = "unreachable"
    """Nobody answered: the process was killed before, or while it worked."""
    WRONG = "wrong"
    """Anything that was not promised."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of an attempt after so many seconds; `detail` says what was wrong."""

    outcome: Outcome
    seconds: float
    detail: str = ""


@dataclass(slots=True)
class Entry:
    """An event and its fate at the door. Instants are monotonic."""

    event: Event
    sent_at: float
    copies: int = 0
    accepted_at: float | None = None


@dataclass
class Ledger:
    """Every attempt of one lesson, written and fsynced before and after it."""

    path: Path
    entries: dict[UUID, Entry] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    """What has to end in the dead-letter queue: ids of events, and bodies that are none."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._file = self.path.open("w")
        self._attempts = 0

    def sending(self, events: Sequence[Event]) -> int:
        """Note that these events are about to be sent; return the attempt's number."""
        with self._lock:
            self._attempts += 1
            for event in events:
                entry = self.entries.setdefault(event.event_id, Entry(event, time.monotonic()))
                entry.copies += 1
            self._write({"attempt": self._attempts, "events": [_described(event) for event in events]})
            return self._attempts

    def answered(self, attempt: int, events: Sequence[Event], answer: Answer) -> None:
        """Note how an attempt ended."""
        with self._lock:
            self.answers.append(answer)
            self._write(
                {"attempt": attempt, "answer": answer.outcome, "seconds": answer.seconds, **_detail(answer)}
            )
            if answer.outcome is Outcome.ACCEPTED:
                for event in events:
                    entry = self.entries[event.event_id]
                    entry.accepted_at = entry.accepted_at or time.monotonic()

    def count(self, outcome: Outcome) -> int:
        """Return how many attempts ended so."""
        with self._lock:
            return sum(answer.outcome is outcome for answer in self.answers)

    def accepted(self) -> set[UUID]:
        """Return the events that were answered 2xx so far."""
        with self._lock:
            return {event_id for event_id, it in self.entries.items() if it.accepted_at is not None}

    def accepted_after(self, instant: float) -> set[UUID]:
        """Return the events that were sent for the first time after an instant, and accepted."""
        with self._lock:
            return {
                event_id
                for event_id, it in self.entries.items()
                if it.accepted_at is not None and it.sent_at > instant
            }

    def accepted_between(self, begin: float, end: float) -> int:
        """Return how many events were accepted in a stretch of time."""
        with self._lock:
            return sum(begin < (it.accepted_at or 0) < end for it in self.entries.values())

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def _described(event: Event) -> dict[str, object]:
    return {
        "id": str(event.event_id),
        "user": event.user_id,
        "video": event.video_id,
        "session": event.session_id,
        "kind": type(event).__name__.lower(),
        "at": event.at.isoformat(),
        "claim": event.claimed_seconds if isinstance(event, Pause) else None,
    }


def _detail(answer: Answer) -> dict[str, str]:
    return {"detail": answer.detail} if answer.detail else {}
