"""Processes killed while events pour in: what was answered 2xx is in the rows, once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from uuid import UUID, uuid4

import httpx
import pytest

from tests.e2e.processes import Processes

STUDENTS = 6
KILLS = 3
SEED = 20_260_612
SETTLE_SECONDS = 30
DAYS_BACK = 6
"""Where students begin: early enough to report for as long as they like without reaching the present."""

pytestmark = pytest.mark.e2e
names = count(1)


class Class:
    """Students who report without pause, each from a thread, and remember what was accepted."""

    def __init__(self, running: Processes) -> None:
        prefix = f"class{next(names)}"
        self._clients = [running.sign_in(f"{prefix}-{n}") for n in range(STUDENTS)]
        self._stop = threading.Event()
        self.accepted: list[set[UUID]] = [set() for _ in self._clients]

    @contextmanager
    def watching(self) -> Iterator[None]:
        with ThreadPoolExecutor(STUDENTS) as threads:
            futures = [threads.submit(self._watch, n) for n in range(STUDENTS)]
            try:
                yield
            finally:
                self._stop.set()
            for future in futures:
                future.result()

    def _watch(self, number: int) -> None:
        random = Random(SEED + number)
        at = datetime.now(UTC) - timedelta(days=DAYS_BACK)
        while not self._stop.is_set():
            at += timedelta(seconds=random.randint(1, 40))
            event_id = uuid4()
            kind = random.choice(("play", "heartbeat", "pause"))
            body = {"video_id": random.randint(1, 3), "kind": kind, "occurred_at": at.isoformat()}
            if self._report(number, body | {"event_id": str(event_id)}):
                self.accepted[number].add(event_id)

    def _report(self, number: int, body: dict[str, object]) -> bool:
        """Send a report, again and again as players do, until it is accepted or the lesson is over."""
        while not self._stop.is_set():
            try:
                answer = self._clients[number].post(
                    "/progress", json=body, headers={"Prefer": "respond-async"}
                )
                if answer.is_success:
                    return True
                assert answer.status_code == 503, answer.text
                assert answer.headers["Retry-After"]
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return False


def missing(running: Processes, accepted: set[UUID]) -> set[UUID]:
    """Return what was accepted and is not in the log, however long one waits."""
    import asyncio

    import asyncpg

    async def read() -> set[UUID]:
        connection = await asyncpg.connect(running.env["EDUTRACK_DATABASE_URL"])
        try:
            return {row["event_id"] for row in await connection.fetch("SELECT event_id FROM progress_events")}
        finally:
            await connection.close()

    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        if accepted <= asyncio.run(read()):
            return set()
        time.sleep(0.2)
    return accepted - asyncio.run(read())


@pytest.mark.parametrize("victim", ["worker", "api"])
def test_what_was_accepted_survives_kill_9(running: Processes, victim: str) -> None:
    commands = {"worker": ("worker", "progress"), "api": ("api",)}
    lesson = Class(running)
    with lesson.watching():
        for _ in range(KILLS):
            time.sleep(1)
            running.kill(victim)
            running.start(victim, *commands[victim])
        running.wait_until_healthy()
        time.sleep(1)
    accepted = set().union(*lesson.accepted)
    assert len(accepted) > 100
    lost = missing(running, accepted)
    assert not lost, f"{len(lost)} of {len(accepted)} accepted events are lost"
    verified = running.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def says_connected(running: Processes, name: str) -> bool:
    return "progress worker: connected" in running.log_of(name)


def test_several_workers_share_a_queue_and_agree(running: Processes) -> None:
    lesson = Class(running)
    for name in ("second worker", "third worker"):
        running.start(name, "worker", "progress")
    for name in ("second worker", "third worker"):
        running.wait_for(partial(says_connected, running, name))
    with lesson.watching():
        time.sleep(3)
        assert running.kill("second worker") < 0
        time.sleep(1)
    accepted = set().union(*lesson.accepted)
    assert not missing(running, accepted)
    assert running.kill("third worker", 15) == 0, "SIGTERM ends a worker in order"
    verified = running.run("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
