"""Playlists that YouTube counts more videos in than it lists."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.clock import utc_now
from core.database import Sessions
from core.tables import PlaylistImport
from tests.integration.workers.playlist_import.imports import (
    Scripted,
    add_course,
    ask,
    engine_of,
    look,
    make_pages,
    shown,
)
from workers.playlist_import.sources.source import Page


def hidden(listed: int, not_listed: int) -> list[Page]:
    """Return what a source yields that vouches for having seen every page."""
    total = listed + not_listed
    return [*make_pages(listed, total=total), Page("Optics", total, [], None, not_listed)]


async def run(sessions: Sessions, import_id: int, pages: list[Page]) -> PlaylistImport:
    async with sessions.begin() as session:
        now = utc_now() - timedelta(seconds=1)
        paused = PlaylistImport.paused_until.is_not(None)
        await session.execute(update(PlaylistImport).where(paused).values(paused_until=now))
    await engine_of(sessions, Scripted(pages)).run(import_id)
    return await look(sessions, import_id)


@pytest.fixture
async def course(sessions: Sessions) -> int:
    return await add_course(sessions)


async def test_what_two_readings_agree_on_is_imported_with_a_warning(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    first = await run(sessions, import_id, hidden(14, 2))
    assert (first.status, first.reason_code) == ("paused_until", "incomplete")
    assert await shown(sessions, course) == []
    done = await run(sessions, import_id, hidden(14, 2))
    assert (done.status, done.reason_code) == ("done_with_warnings", "not_listed")
    assert (done.total, done.found, done.imported) == (16, 14, 14)
    assert "counts 16 videos and lists 14: 2 are hidden" in (done.reason or "")
    assert len(await shown(sessions, course)) == 14


async def test_all_that_is_wrong_is_said(sessions: Sessions, course: int) -> None:
    pages = hidden(2, 1)
    pages[0] = replace(pages[0], items=[replace(pages[0].items[0], unavailable="private"), pages[0].items[1]])
    import_id = await ask(sessions, course)
    await run(sessions, import_id, pages)
    done = await run(sessions, import_id, pages)
    assert done.reason_code == "not_listed"
    assert "1 are hidden" in (done.reason or "")
    assert "1 of 2 videos cannot be watched" in (done.reason or "")


async def test_readings_that_differ_are_not_believed(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    for listed in (12, 14, 13):
        assert (await run(sessions, import_id, hidden(listed, 16 - listed))).reason_code == "incomplete"
    assert (await run(sessions, import_id, hidden(14, 2))).status == "done_with_warnings"


async def test_a_source_that_did_not_see_every_page_is_not_believed(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    for _ in range(4):
        found = await run(sessions, import_id, make_pages(14, total=16))
    assert (found.status, found.reason_code) == ("failed", "incomplete")
    assert await shown(sessions, course) == []


async def test_nothing_is_taken_away_because_it_is_not_listed(sessions: Sessions, course: int) -> None:
    await run(sessions, await ask(sessions, course), make_pages(16))
    before = [(video.id, video.youtube_id) for video in await shown(sessions, course)]
    again = await ask(sessions, course)
    pages = hidden(14, 2)
    pages[0] = replace(
        pages[0], items=[replace(item, video_id=f"video{item.position + 2:06}") for item in pages[0].items]
    )
    await run(sessions, again, pages)
    assert (await run(sessions, again, pages)).status == "done_with_warnings"
    videos = await shown(sessions, course)
    assert [(video.id, video.youtube_id) for video in videos] == before
    assert [video.position for video in videos] == list(range(16))
