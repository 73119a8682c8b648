"""Reporting events over HTTP: what is accepted, what is answered, and what is in the rows afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.attendance.app import SERVICE as ATTENDANCE
from api.factory import create_app
from api.progress.app import SERVICE as PROGRESS
from api.progress.service import Desk
from core.database import Sessions
from core.policy import Policy
from core.roles import Role
from core.settings import Settings
from core.tables import ProgressEvent
from events.consumer import Consumer
from events.sender import Sender
from tests.people import add_students, add_videos
from workers.watch_time.worker import handler

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
SOON = 10


class Setting:
    """A running application at a fixed time, with one student, three videos and a worker to start."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, engine: AsyncEngine, broker: str) -> None:
        self.app = app
        self.client = client
        self._engine = engine
        self._broker = broker

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        sender = Sender(self._broker)
        await sender.start()
        consumer = Consumer(self._broker, handler(self._engine, Policy()), sender)
        running = asyncio.create_task(consumer.run())
        await self.until(lambda: self.app.state.edutrack.broker_watch.consumers)
        try:
            yield
        finally:
            consumer.stop()
            await running
            await sender.stop()

    @staticmethod
    async def until(done: Any) -> None:
        async with asyncio.timeout(SOON):
            while not done():
                await asyncio.sleep(0.01)

    async def report(self, prefer: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Content-Type": "application/json"} | ({"Prefer": prefer} if prefer else {})
        return await self.client.post(
            "/progress", content=json.dumps({"video_id": 1} | body), headers=headers
        )


@pytest.fixture
async def setting(
    settings: Settings, sessions: Sessions, engine: AsyncEngine, broker: str, redis: object
) -> AsyncIterator[Setting]:
    async with sessions.begin() as session:
        await add_students(session, 2)
        await add_videos(session, 3)
    app = create_app(settings, PROGRESS, ATTENDANCE, clock=lambda: NOON)
    async with app.router.lifespan_context(app):
        token = app.state.edutrack.tokens.issue(1, "student1", Role.STUDENT)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://edutrack",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            made = Setting(app, client, engine, broker)
            desk = app.state.edutrack.part(Desk)
            await made.until(lambda: desk.acceptance.ready and desk.replies.queue_name)
            yield made


async def test_a_play_and_a_pause_become_watch_time_and_attendance(setting: Setting) -> None:
    async with setting.worker():
        played = await setting.report(start_time="11:00:00")
        paused = await setting.report(end_time="11:10:30", watchtime_seconds=600)
    assert (played.status_code, paused.status_code) == (201, 201)
    assert played.json()["watch_time"] == "00:00:00"
    assert paused.json() | {"id": 0, "event_id": ""} == {
        "id": 0,
        "user_id": 1,
        "video_id": 1,
        "date": "2026-06-12",
        "start_time": "11:00:00",
        "first_start_time": "11:00:00",
        "end_time": "11:10:30",
        "watch_time": "00:10:00",
        "watch_time_seconds": 600.0,
        "event_id": "",
        "status": "applied",
        "duplicate": False,
    }
    history = (await setting.client.get("/progress/video/1")).json()
    assert [row["watch_time"] for row in history] == ["00:10:00"]
    today = (await setting.client.get("/attendance/today")).json()
    assert (today["status"], today["total_time"], today["provisional"]) == ("present", "00:10:00", True)


async def test_a_request_with_both_times_is_a_play_and_a_pause(setting: Setting) -> None:
    async with setting.worker():
        answer = await setting.report(start_time="11:00:00", end_time="11:02:00")
    assert (answer.status_code, answer.json()["watch_time"]) == (201, "00:02:00")


@pytest.mark.parametrize("named", ["body", "header"])
async def test_a_repeat_changes_nothing_and_is_answered_with_the_stored_record(
    setting: Setting, sessions: Sessions, named: str
) -> None:
    event_id = str(uuid4())
    body = {"video_id": 1, "start_time": "11:00:00"} | ({"event_id": event_id} if named == "body" else {})
    headers = {"Idempotency-Key": event_id} if named == "header" else {}
    async with setting.worker():
        answers = [await setting.client.post("/progress", json=body, headers=headers) for _ in range(3)]
        other = await setting.client.post(
            "/progress", json=body | {"video_id": 2, "start_time": "09:00:00"}, headers=headers
        )
    assert [answer.json()["duplicate"] for answer in answers] == [False, True, True]
    assert {answer.json()["event_id"] for answer in answers} == {event_id}
    assert (other.status_code, other.json()["video_id"], other.json()["start_time"]) == (201, 1, "11:00:00")
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(ProgressEvent)) == 1


async def test_respond_async_is_accepted_at_once_and_applied_afterwards(setting: Setting) -> None:
    answer = await setting.report("respond-async", start_time="11:00:00")
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert answer.headers["Preference-Applied"] == "respond-async"
    async with setting.worker():
        await setting.report(end_time="11:01:00")
        history = (await setting.client.get("/progress/video/1")).json()
    assert history[0]["watch_time"] == "00:01:00"


async def test_without_a_worker_the_wait_ends_with_202_and_the_next_one_does_not_wait(
    setting: Setting,
) -> None:
    first = await setting.report(start_time="11:00:00")
    began = asyncio.get_running_loop().time()
    second = await setting.report(end_time="11:01:00")
    waited = asyncio.get_running_loop().time() - began
    assert (first.status_code, second.status_code) == (202, 202)
    assert waited < setting.app.state.edutrack.part(Desk).patience.record.total_seconds() / 2
    async with setting.worker():
        await setting.until(lambda: not setting.app.state.edutrack.part(Desk).replies.lagging)
        third = await setting.report(start_time="11:05:00")
    assert (third.status_code, third.json()["watch_time"]) == (201, "00:01:00")


async def test_events_with_instants_sessions_and_heartbeats(setting: Setting) -> None:
    def at(seconds: int) -> str:
        return (NOON - timedelta(hours=1) + timedelta(seconds=seconds)).isoformat()

    async with setting.worker():
        for kind, seconds in (("play", 0), ("heartbeat", 60), ("heartbeat", 100)):
            answer = await setting.report(kind=kind, occurred_at=at(seconds), session_id="tab")
            assert answer.status_code == 201
        lost = await setting.report(kind="play", occurred_at=at(3000), session_id="tab")
    assert lost.json()["watch_time_seconds"] == 100


async def test_a_clients_wrong_clock_is_corrected_by_what_it_says_it_is(setting: Setting) -> None:
    ahead = timedelta(hours=5)
    async with setting.worker():
        answer = await setting.report(
            kind="play", occurred_at=(NOON + ahead).isoformat(), sent_at=(NOON + ahead).isoformat()
        )
    assert answer.json()["start_time"] == "12:00:00"


async def test_a_batch_is_judged_event_by_event(setting: Setting) -> None:
    events = [
        {"video_id": 1, "start_time": "11:00:00"},
        {"video_id": 1},
        {"video_id": 99, "start_time": "11:00:00"},
        "nonsense",
        {"video_id": 2, "start_time": "11:00:00", "end_time": "11:01:00"},
    ]
    async with setting.worker():
        answer = await setting.client.post("/progress/batch", json={"events": events})
        results = answer.json()["results"]
        await setting.report(end_time="11:00:10")
        first, second = [
            (await setting.client.get(f"/progress/video/{video}")).json()[0]["watch_time"] for video in (1, 2)
        ]
    assert answer.status_code == 202
    assert [result["status"] for result in results] == [
        *("accepted", "rejected", "rejected", "rejected", "accepted")
    ]
    assert (first, second) == ("00:00:10", "00:01:00")


async def test_a_beacon_carries_its_token_in_a_body_of_plain_text(setting: Setting) -> None:
    token = setting.client.headers.pop("Authorization").removeprefix("Bearer ")
    beacon = {"events": [{"video_id": 1, "start_time": "11:00:00"}]}
    plain = {"Content-Type": "text/plain;charset=UTF-8"}

    async def send(body: dict[str, Any]) -> int:
        answer = await setting.client.post("/progress/batch", content=json.dumps(body), headers=plain)
        return answer.status_code

    assert await send(beacon | {"token": token}) == 202
    assert await send(beacon) == 401
    assert await send(beacon | {"token": token + "x"}) == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"start_time": "25:61:00"}, 400),
        ({}, 400),
        ({"end_time": "11:00:00", "watchtime_seconds": -1}, 400),
        ({"end_time": "11:00:00", "watchtime_seconds": 43_201}, 400),
        ({"start_time": "11:00:00", "watchtime_seconds": 1}, 400),
        ({"video_id": 99, "start_time": "11:00:00"}, 404),
        ({"video_id": 2**70, "start_time": "11:00:00"}, 404),
        ({"video_id": "1", "start_time": "11:00:00"}, 422),
        ({"video_id": True, "start_time": "11:00:00"}, 422),
        ({"start_time": 11}, 422),
        ({"end_time": "11:00:00", "watchtime_seconds": "60"}, 422),
        ({"start_time": "11:00:00", "event_id": "me"}, 422),
        ({"start_time": "11:00:00", "session_id": "\0"}, 400),
        ({"start_time": "11:00:00", "session_id": "\ud800"}, 400),
        ({"start_time": "11:00:00", "position_seconds": 1e308}, 400),
        ({"start_time": "11:00:00", "playback_rate": 1e300}, 400),
        ({"kind": "seek", "occurred_at": NOON.isoformat()}, 422),
        ({"kind": "play", "occurred_at": "2026-06-12T12:00:00"}, 400),
        ({"kind": "play", "occurred_at": (NOON + timedelta(hours=1)).isoformat()}, 400),
        ({"kind": "play", "occurred_at": (NOON - timedelta(days=9)).isoformat()}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_to_do(
    setting: Setting, body: dict[str, Any], status: int
) -> None:
    answer = await setting.report(**body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'"' + b"x" * 100, b"", b"null"])
@pytest.mark.parametrize("path", ["/progress", "/progress/batch"])
async def test_bodies_that_are_no_reports_are_refused(setting: Setting, path: str, body: bytes) -> None:
    answer = await setting.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_more_than_a_batch_holds_is_refused_whole(setting: Setting) -> None:
    events = [{"video_id": 1, "start_time": "11:00:00"}] * 1_001
    assert (await setting.client.post("/progress/batch", json={"events": events})).status_code == 400


async def test_history_comes_in_pages_newest_first(setting: Setting) -> None:
    async with setting.worker():
        for days in range(3):
            at = NOON - timedelta(days=days)
            await setting.report(kind="play", occurred_at=at.isoformat())
        first = await setting.client.get("/progress/video/1?limit=2")
        second = await setting.client.get(first.links["next"]["url"])
        between = await setting.client.get("/progress/video/1?from=2026-06-11&to=2026-06-11")
    assert [row["date"] for row in first.json()] == ["2026-06-12", "2026-06-11"]
    assert [row["date"] for row in second.json()] == ["2026-06-10"]
    assert "next" not in second.links
    assert [row["date"] for row in between.json()] == ["2026-06-11"]
    assert (await setting.client.get("/progress/video/99")).status_code == 404
