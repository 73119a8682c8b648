"""Imports through the real worker, broker and scheduler, killed and cut off at every stage, and exact in the end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import utc_now
from core.database import Sessions, make_sessions
from core.imports import requests
from core.pulse import last_sign_of_life
from core.settings import Settings
from core.tables import ImportStatus, Video
from tests.e2e.import_stage import Stage, playlist_of, staged
from tests.integration.workers.playlist_import.imports import is_exactly, look

pytestmark = pytest.mark.e2e

SLOWLY = 0.1
"""Seconds an answer takes, of which a page needs two: time to do something to an import."""


@pytest.fixture(scope="module")
async def standing(
    settings: Settings, engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(settings, make_sessions(engine), tmp_path_factory.mktemp("logs"), key=True) as stage:
        yield stage


@pytest.fixture
def with_key(standing: Stage, sessions: Sessions) -> Stage:
    """A worker that all these tests leave standing, on tables that are empty."""
    standing.youtube.pause = 0
    return standing


async def test_children_that_are_killed_at_every_stage_leave_an_exact_course(with_key: Stage) -> None:
    stage, playlist = with_key, playlist_of(1, 400)
    stage.youtube.pause = SLOWLY
    course, import_id = await stage.ask(playlist)
    for found in (0, 150):
        await stage.until(import_id, lambda it, found=found: it.status == "fetching" and it.found >= found)  # type: ignore[misc]
        stage.kill_children()
        await stage.time_passes()
    await stage.until(import_id, lambda it: it.attempt == 3 and it.found == 200)
    stage.youtube.pause = 0
    async with stage.sessions.begin() as session:
        await session.execute(text("SELECT 1 FROM courses FOR UPDATE"))
        await stage.until(import_id, lambda it: it.status == "importing")
        stage.kill_children()
        await stage.time_passes()
    done = await stage.until_ended(import_id)
    assert (done.found, done.imported, done.attempt) == (400, 398, 4)
    await is_exactly(stage.sessions, course, playlist)


async def test_an_import_minds_neither_a_broker_nor_a_redis_that_goes_away(with_key: Stage) -> None:
    stage, playlist = with_key, playlist_of(1, 400)
    stage.youtube.pause = SLOWLY
    course, import_id = await stage.ask(playlist)
    await stage.until(import_id, lambda it: it.found >= 50)
    stage.broker.cut()
    stage.redis.cut()
    await stage.until(import_id, lambda it: it.found >= 250)
    stage.broker.mend()
    done = await stage.until_ended(import_id)
    assert (done.found, done.attempt) == (400, 1)
    stage.redis.mend()
    await is_exactly(stage.sessions, course, playlist)
    other_course, other = await stage.ask(playlist_of(2, 60))
    await stage.until_ended(other)
    await is_exactly(stage.sessions, other_course, playlist_of(2, 60))


async def test_who_cancels_is_obeyed_and_nothing_is_asked_of_youtube_any_more(with_key: Stage) -> None:
    stage = with_key
    stage.youtube.pause = SLOWLY
    _, import_id = await stage.ask(playlist_of(1, 2000))
    await stage.until(import_id, lambda it: it.found >= 100)
    async with stage.sessions.begin() as session:
        assert await requests.cancel(session, import_id)
    await asyncio.sleep(1)
    asked = len(stage.youtube.asked)
    await asyncio.sleep(1)
    assert len(stage.youtube.asked) == asked
    assert (await look(stage.sessions, import_id)).status == "cancelled"
    async with stage.sessions.begin() as session:
        assert (await session.scalars(select(Video))).all() == []


async def test_many_imports_at_once_all_end_and_hide_no_sign_of_life(
    with_key: Stage, settings: Settings
) -> None:
    stage = with_key
    stage.youtube.pause = SLOWLY
    playlists = [playlist_of(number, 200) for number in range(10)]
    asked = [await stage.ask(playlist) for playlist in playlists]
    await stage.until(asked[3][1], lambda it: it.status == "fetching")
    busy_since = utc_now()
    for _, import_id in asked:
        await stage.until_ended(import_id)
    for (course, _), playlist in zip(asked, playlists, strict=True):
        await is_exactly(stage.sessions, course, playlist)
    async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        sign = await last_sign_of_life(redis)
    assert sign
    assert sign > busy_since or utc_now() - busy_since < timedelta(seconds=6)
    assert {(await look(stage.sessions, each)).status for _, each in asked} == {
        ImportStatus.DONE_WITH_WARNINGS
    }
