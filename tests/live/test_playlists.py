"""Real playlists through the real source. With EDUTRACK_YOUTUBE_API_KEY that is the Data API, without it yt-dlp."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.videos.playlist_links import read_playlist_link
from core.clock import utc_now
from core.database import Sessions
from core.imports import requests
from core.settings import Settings
from core.tables import ImportStatus, PlaylistImport, PlaylistItem, Video
from tests.integration.workers.playlist_import.imports import add_course, ask, look, say_nothing, shown
from workers.playlist_import.engine import Engine
from workers.playlist_import.sources.choose import choose_source

PATIENCE = timedelta(minutes=2)
"""How long a pause may be that the run waits for."""
LISTED_AT_MOST = 50


@pytest.mark.timeout(1_800)
async def test_a_real_playlist_becomes_a_course(
    link: str, settings: Settings, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    course = await add_course(sessions, read_playlist_link(link).playlist_id)
    source = choose_source(settings)
    done = await import_patiently(
        Engine(sessions, source, say_nothing), sessions, await ask(sessions, course)
    )
    videos = await shown(sessions, course)
    async with sessions.begin() as session:
        gone = await requests.not_imported(session, done.id, LISTED_AT_MOST)
    lines = [f"{link} through {type(source).__name__}", *report(done, videos, gone)]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert done.status in {ImportStatus.DONE, ImportStatus.DONE_WITH_WARNINGS}, done.reason
    assert done.found == done.imported + done.unavailable + done.failed
    assert [video.position for video in videos] == list(range(done.found - done.failed))


async def import_patiently(engine: Engine, sessions: Sessions, import_id: int) -> PlaylistImport:
    """Run an import, again after each pause that is short enough."""
    while True:
        await engine.run(import_id)
        now = await look(sessions, import_id)
        if now.paused_until is None or now.paused_until - utc_now() > PATIENCE:
            return now
        await asyncio.sleep(max(0.0, (now.paused_until - utc_now()).total_seconds()))


def report(done: PlaylistImport, videos: Sequence[Video], gone: Sequence[PlaylistItem]) -> list[str]:
    """Return what was found, a line each."""
    counts = f"{done.total} counted, {done.found} found, {done.imported} imported, "
    lengths = sum(1 for video in videos if video.duration_seconds is not None)
    return [
        f"  {done.playlist_title}: {done.status}, {done.reason or 'nothing to say'}",
        f"  {counts}{done.unavailable} unavailable, {done.failed} failed, {lengths} with a duration",
        *(f"  {item.position}\t{item.youtube_id}\t{item.title}\t{item.unavailable}" for item in gone),
        *(f"  {video.position}\t{video.youtube_id}\t{video.title}" for video in (*videos[:3], *videos[-3:])),
    ]
