"""A lesson: students who report without pause, and send everything again until it is accepted."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import httpx

from events.schemas import Event, Heartbeat, Pause, Play
from tests.chaos.ledger import Answer, Ledger, Outcome

PATIENCE_SECONDS = 10
"""Longer than any answer may take, so that a late one is seen and measured."""
TRY_AGAIN_SECONDS = 0.2
DAYS_BACK = 6
VIDEOS = 3


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent, and in what state it arrives."""

    students: int = 6
    pause_seconds: float = 0.05
    batch_events: int = 20
    copies: int = 1
    """Every report is sent so often, whatever the answer."""
    shuffled: bool = False
    clock_ahead: timedelta = timedelta()
    """How far the clients' clocks are ahead; they say so with `sent_at`."""


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody signed in; `client` carries the token."""

    user_id: int
    client: httpx.Client


Report = tuple[Event, ...]


class Lesson:
    """All students of one fault."""

    def __init__(self, students: Sequence[Student], ledger: Ledger, load: Load, seed: int) -> None:
        self._students = students
        self._ledger = ledger
        self._load = load
        self._seed = seed
        self._over = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._idle = threading.Semaphore(len(students))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Let students report until the block ends; what is not accepted by then is left."""
        with ThreadPoolExecutor(len(self._students)) as threads:
            reporting: list[Future[None]] = [
                threads.submit(self._watch, student, Random(self._seed * 1000 + number))
                for number, student in enumerate(self._students)
            ]
            try:
                yield
            finally:
                self._going.set()
                self._over.set()
            for student in reporting:
                student.result()

    @contextmanager
    def interrupted(self) -> Iterator[None]:
        """Let nobody report, and have nothing on its way, for as long as the block lasts."""
        self._going.clear()
        for _ in self._students:
            self._idle.acquire()
        for _ in self._students:
            self._idle.release()
        try:
            yield
        finally:
            self._going.set()

    def _watch(self, student: Student, random: Random) -> None:
        waiting: list[Report] = []
        script = self._script(student, random)
        while not self._over.is_set():
            if len(waiting) < (50 if self._load.shuffled else 1):
                waiting += [next(script)] * self._load.copies
                if self._load.shuffled and len(waiting) < 50:
                    continue
            chosen = random.randrange(len(waiting)) if self._load.shuffled else 0
            self._insist(student, waiting.pop(chosen), random)
            time.sleep(self._load.pause_seconds * random.uniform(0.5, 1.5))

    def _script(self, student: Student, random: Random) -> Iterator[Report]:
        at = datetime.now(UTC) - timedelta(days=DAYS_BACK) + timedelta(seconds=random.uniform(0, 3600))
        while True:
            report = []
            for _ in range(random.choice((1, 1, 1, self._load.batch_events))):
                at += timedelta(seconds=random.randint(1, 20))
                report.append(make_event(student.user_id, at, random))
            yield tuple(report)

    def _insist(self, student: Student, report: Report, random: Random) -> None:
        while not self._over.is_set():
            self._going.wait()
            with self._idle:
                attempt = self._ledger.sending(report)
                answer = self._send(student, report, random)
                self._ledger.answered(attempt, report, answer)
            if answer.outcome in {Outcome.ACCEPTED, Outcome.WRONG}:
                return
            time.sleep(TRY_AGAIN_SECONDS * random.uniform(0.5, 1.5))

    def _send(self, student: Student, report: Report, random: Random) -> Answer:
        began = time.monotonic()
        ahead = self._load.clock_ahead
        bodies = [_body(event, ahead) for event in report]
        sent = {"sent_at": (datetime.now(UTC) + ahead).isoformat()} if ahead else {}
        try:
            if len(report) == 1:
                prefer = {"Prefer": "respond-async"} if random.random() < 0.5 else {}
                response = student.client.post("/progress", json=bodies[0] | sent, headers=prefer)
            else:
                response = student.client.post("/progress/batch", json={"events": bodies, **sent})
        except httpx.TimeoutException as error:
            return Answer(Outcome.WRONG, time.monotonic() - began, type(error).__name__)
        except httpx.TransportError as error:
            return Answer(Outcome.UNREACHABLE, time.monotonic() - began, type(error).__name__)
        return _judge(response, time.monotonic() - began)


def make_event(user_id: int, at: datetime, random: Random, session_id: str | None = None) -> Event:
    """Return something a player could report."""
    kind = random.choice((Play, Heartbeat, Heartbeat, Pause))
    claim = {"claimed_seconds": random.randint(0, 60)} if kind is Pause and random.random() < 0.5 else {}
    return kind(
        event_id=UUID(int=random.getrandbits(128), version=4) if session_id is None else uuid4(),
        user_id=user_id,
        video_id=random.randint(1, VIDEOS),
        at=at,
        received_at=at,
        session_id=random.choice(("", "tab-1")) if session_id is None else session_id,
        **claim,
    )


def _body(event: Event, ahead: timedelta) -> dict[str, object]:
    claim = event.claimed_seconds if isinstance(event, Pause) else None
    return {
        "event_id": str(event.event_id),
        "video_id": event.video_id,
        "session_id": event.session_id,
        "kind": type(event).__name__.lower(),
        "occurred_at": (event.at + ahead).isoformat(),
    } | ({} if claim is None else {"watchtime_seconds": claim})


def _judge(response: httpx.Response, seconds: float) -> Answer:
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and response.headers.get("Retry-After"):
        return Answer(Outcome.REFUSED, seconds)
    if not response.is_success:
        return Answer(Outcome.WRONG, seconds, f"{response.status_code} {response.text[:200]}")
    results = response.json().get("results", [])
    rejected = [result for result in results if result["status"] != "accepted"]
    if rejected:
        return Answer(Outcome.WRONG, seconds, str(rejected[0]))
    return Answer(Outcome.ACCEPTED, seconds)
