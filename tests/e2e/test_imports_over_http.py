"""What an admin sees of an import, from the link to the course, through every process there is."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.database import Sessions
from core.roles import Role
from core.settings import Settings
from tests.e2e.import_stage import SECONDS, Stage, playlist_of, staged
from tests.integration.workers.playlist_import.imports import is_exactly
from tests.youtube.playlists import Kind, Trouble, make_playlist

pytestmark = pytest.mark.e2e

SLOWLY = 0.2
"""Seconds an answer of YouTube takes: time to watch."""


@dataclass
class Admin:
    """Somebody with a browser."""

    stage: Stage
    client: httpx.AsyncClient

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        return (await self.client.get(path)).raise_for_status().json()

    async def watch(self, import_id: int) -> list[Any]:
        """Return every state there was until it ended."""
        return [state async for state in self.states(import_id)]

    async def states(self, import_id: int) -> AsyncIterator[Any]:
        async with (
            asyncio.timeout(SECONDS),
            self.client.stream("GET", f"/videos/imports/{import_id}/events") as answer,
        ):
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))


@pytest.fixture
async def admin(settings: Settings, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Admin]:
    async with staged(settings, sessions, tmp_path, key=True) as stage:
        stage.started.start("api", "api")
        await asyncio.to_thread(stage.started.wait_until_healthy, "/auth/health")
        known = await asyncio.to_thread(stage.started.sign_in, "grace", Role.ADMIN)
        async with httpx.AsyncClient(base_url=stage.started.url, headers=known.headers, timeout=10) as client:
            yield Admin(stage, client)


async def test_an_admin_pastes_a_link_watches_the_bar_and_ends_with_the_course(admin: Admin) -> None:
    playlist = playlist_of(1, 230)
    admin.stage.youtube.add(playlist)
    admin.stage.youtube.pause = SLOWLY
    link = f"https://www.youtube.com/watch?v={playlist.videos[5].id}&list={playlist.id}&index=6"
    asked = await admin.post(
        "/videos/youtube-playlist", {"playlist_url": link}, **{"Idempotency-Key": "monday"}
    )
    states = await admin.watch(asked["import"]["id"])
    assert len({state["found"] for state in states}) > 3, "the bar moves"
    assert [state["found"] for state in states] == sorted(state["found"] for state in states)
    last = states[-1]
    assert (last["status"], last["requested_by_username"]) == ("done_with_warnings", "grace")
    assert last["found"] == last["imported"] + last["unavailable"] == last["total"] == 230
    assert [item["position"] for item in last["not_imported"]] == [3, 228]
    assert last == await admin.get(f"/videos/imports/{last['id']}")
    await is_exactly(admin.stage.sessions, asked["id"], playlist)
    videos = await admin.get(f"/videos/course/{asked['id']}?limit=1000")
    assert [video["available"] for video in videos] == [video.gone is None for video in playlist.videos]
    assert (await admin.get(f"/courses/{asked['id']}"))["course_title"] == playlist.title
    again = await admin.post(
        "/videos/youtube-playlist", {"playlist_url": link}, **{"Idempotency-Key": "monday"}
    )
    assert again["import"]["id"] == last["id"], "the same key, the same import"


async def test_without_redis_the_bar_moves_as_well_and_an_api_that_is_stopped_ends_the_streams(
    admin: Admin,
) -> None:
    admin.stage.youtube.add(playlist_of(1, 400))
    admin.stage.youtube.pause = SLOWLY
    admin.stage.redis.cut()
    asked = await admin.post("/videos/youtube-playlist", {"playlist_url": playlist_of(1, 400).id})
    assert (await admin.watch(asked["import"]["id"]))[-1]["found"] == 400
    admin.stage.youtube.add(playlist_of(2, 2000))
    asked = await admin.post("/videos/youtube-playlist", {"playlist_url": playlist_of(2, 2000).id})
    states = admin.states(asked["import"]["id"])
    await anext(states)
    began = time.monotonic()
    stopping = asyncio.create_task(asyncio.to_thread(admin.stage.started.kill, "api", signal.SIGTERM))
    assert [state["status"] async for state in states if state["status"].startswith("done")] == []
    assert await stopping == 0
    assert time.monotonic() - began < 5
    assert "Traceback" not in admin.stage.started.log_of("api")


async def test_a_failure_is_said_and_tried_again_and_a_course_that_loses_much_is_asked_about(
    admin: Admin,
) -> None:
    playlist = make_playlist(20, playlist_id="PLedutrack00001")
    asked = await admin.post("/videos/youtube-playlist", {"playlist_url": playlist.id})
    import_id = asked["import"]["id"]
    missing = (await admin.watch(import_id))[-1]
    assert (missing["status"], missing["reason_code"]) == ("failed", "not_found")
    admin.stage.youtube.add(playlist)
    await admin.post(f"/videos/imports/{import_id}/retry")
    assert (await admin.watch(import_id))[-1]["status"] == "done"
    playlist.videos = playlist.videos[:5]
    asked = await admin.post("/videos/youtube-playlist", {"playlist_url": playlist.id})
    import_id = asked["import"]["id"]
    assert (await admin.watch(import_id))[-1]["reason_code"] == "many_vanished"
    assert len(await admin.get(f"/videos/course/{asked['id']}")) == 20
    await admin.post(f"/videos/imports/{import_id}/retry", {"accept_removals": True})
    assert (await admin.watch(import_id))[-1]["status"] == "done"
    assert len(await admin.get(f"/videos/course/{asked['id']}")) == 5
    assert len(await admin.get(f"/videos/course/{asked['id']}?removed=true")) == 20


async def test_a_pause_says_until_when_and_a_cancel_ends_it(admin: Admin) -> None:
    admin.stage.youtube.add(playlist_of(1, 100))
    admin.stage.youtube.trouble = Trouble(Kind.QUOTA)
    asked = await admin.post("/videos/youtube-playlist", {"playlist_url": playlist_of(1, 100).id})
    import_id = asked["import"]["id"]
    states = []
    async for state in admin.states(import_id):
        states.append(state)
        if state["paused_until"]:
            await admin.post(f"/videos/imports/{import_id}/cancel")
    assert (states[-2]["status"], states[-2]["reason_code"]) == ("paused_until", "quota")
    assert (states[-1]["status"], states[-1]["reason"]) == ("cancelled", None)


async def test_a_terminal_does_the_same(admin: Admin) -> None:
    playlist = playlist_of(1, 60)
    admin.stage.youtube.add(playlist)
    done = await asyncio.to_thread(admin.stage.started.run, "import", playlist.id)
    assert done.returncode == 0, done.stderr
    assert f"{playlist.title}: 58 of 60 videos can be watched." in done.stdout
    assert "private" in done.stdout
    await is_exactly(admin.stage.sessions, 1, playlist)
    failed = await asyncio.to_thread(admin.stage.started.run, "import", "PLedutrack99999")
    assert (failed.returncode, "YouTube has no such playlist" in failed.stderr) == (1, True)
    assert "Traceback" not in done.stderr + failed.stderr
