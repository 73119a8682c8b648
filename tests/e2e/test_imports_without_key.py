"""Imports through yt-dlp by the real worker: end to end, and its processes killed or told to stop."""

import signal
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from core.database import Sessions
from core.imports.live import channel_of
from core.settings import Settings
from core.tables import Video
from tests.e2e.import_stage import Stage, eventually, playlist_of, runs, staged
from tests.integration.workers.playlist_import.imports import ask, is_exactly, look
from tests.youtube.playlists import make_playlist

pytestmark = pytest.mark.e2e


@pytest.fixture
async def without_key(settings: Settings, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(settings, sessions, tmp_path, key=False) as stage:
        yield stage


async def test_a_playlist_becomes_a_course_and_stays_the_same_as_it(
    without_key: Stage, settings: Settings
) -> None:
    stage, playlist = without_key, playlist_of(1, 230)
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis, redis.pubsub() as listening:
        await listening.subscribe(channel_of(1))
        course, import_id = await stage.ask(playlist)
        done = await stage.until_ended(import_id)
        assert await listening.get_message(timeout=1)
        assert await listening.get_message(timeout=1), "somebody said that it changed"
    assert (done.status, done.reason_code) == ("done_with_warnings", "unavailable")
    assert (done.found, done.imported, done.unavailable, done.total) == (230, 228, 2, 230)
    await is_exactly(stage.sessions, course, playlist)
    playlist.videos = [*reversed(playlist.videos[10:]), *make_playlist(250).videos[240:], playlist.videos[20]]
    again = await ask(stage.sessions, course)
    assert again == await ask(stage.sessions, course), "one at a time"
    await stage.until_ended(again)
    await is_exactly(stage.sessions, course, playlist)
    async with stage.sessions.begin() as session:
        gone = await session.scalars(select(Video).where(Video.removed_at.is_not(None)))
        assert len(gone.all()) == 10


async def test_a_worker_that_is_killed_leaves_nothing_behind_and_another_starts_over(
    without_key: Stage,
) -> None:
    stage, playlist = without_key, playlist_of(1, 300)
    stage.youtube.pause = 1
    course, import_id = await stage.ask(playlist)
    await stage.until(import_id, lambda it: it.found >= 100)
    processes = stage.all_of_it()
    stage.started.kill("imports")
    await eventually(lambda: not any(map(runs, processes)), timedelta(seconds=10))
    await stage.time_passes()
    stage.youtube.pause = 0
    stage.start("imports")
    done = await stage.until_ended(import_id)
    assert (done.found, done.attempt) == (300, 2)
    await is_exactly(stage.sessions, course, playlist)


async def test_a_worker_that_is_told_to_stop_gives_its_import_back_at_once(without_key: Stage) -> None:
    stage, playlist = without_key, playlist_of(1, 250)
    stage.youtube.pause = 1
    course, import_id = await stage.ask(playlist)
    await stage.until(import_id, lambda it: it.found > 0)
    processes = stage.all_of_it()
    assert len(processes) > 5, "yt-dlp runs"
    began = time.monotonic()
    assert stage.started.kill("imports", signal.SIGTERM) == 0
    assert time.monotonic() - began < 8
    assert not any(map(runs, processes))
    assert (await look(stage.sessions, import_id)).status == "queued"
    stage.youtube.pause = 0
    stage.start("imports")
    await stage.until_ended(import_id)
    await is_exactly(stage.sessions, course, playlist)
