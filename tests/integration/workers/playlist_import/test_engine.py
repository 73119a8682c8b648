"""An import from its claim to its end, and every way in which it may not get there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from core.clock import utc_now
from core.database import Sessions, make_engine, make_sessions
from core.imports import claims, requests
from core.imports.statements import STALE_AFTER
from core.settings import Settings
from core.tables import Course, PlaylistImport, PlaylistItem, Video
from tests.integration.workers.playlist_import.imports import (
    QUICK,
    Scripted,
    add_course,
    ask,
    engine_of,
    look,
    make_pages,
    say_nothing,
    shown,
)
from tests.proxy import Proxy
from workers.playlist_import.engine import Engine
from workers.playlist_import.sources.failures import (
    Changed,
    NotFound,
    PlaylistFailure,
    RateLimited,
    TimedOut,
)
from workers.playlist_import.sources.source import Item, Page


@pytest.fixture
async def course(sessions: Sessions) -> int:
    return await add_course(sessions)


async def free_again(sessions: Sessions, import_id: int) -> None:
    """Let the time pass after which an import that waits or was abandoned is anybody's."""
    long_ago = utc_now() - STALE_AFTER - timedelta(seconds=1)
    change = update(PlaylistImport).where(PlaylistImport.id == import_id)
    async with sessions.begin() as session:
        await session.execute(change.values(heartbeat_at=long_ago))
        await session.execute(
            change.where(PlaylistImport.paused_until.is_not(None)).values(paused_until=long_ago)
        )


async def test_an_import_ends_with_the_playlist_and_says_so_after_each_step(
    sessions: Sessions, course: int
) -> None:
    told: list[tuple[str, int]] = []
    import_id = await ask(sessions, course)

    async def tell(changed: int) -> None:
        found = await look(sessions, changed)
        told.append((found.status, found.found))

    await Engine(sessions, Scripted(make_pages(2, 0, 3)), tell).run(import_id)
    done = await look(sessions, import_id)
    assert (done.status, done.found, done.imported, done.total) == ("done", 5, 5, 5)
    assert told == [
        ("fetching", 0), ("fetching", 2), ("fetching", 2), ("fetching", 5), ("importing", 5), ("done", 5),
    ]  # fmt: skip
    videos = await shown(sessions, course)
    assert [(video.youtube_id, video.position) for video in videos] == [(f"video{n:06}", n) for n in range(5)]
    assert videos[0].video_link == "https://www.youtube.com/watch?v=video000000"


async def test_what_cannot_be_watched_is_there_marked_and_counted(sessions: Sessions, course: int) -> None:
    items = [
        Item(0, "video000000", "Light", 60, None),
        Item(1, "video000001", "[Private video]", None, "private"),
        Item(2, "no id", "Broken", None, None),
    ]
    import_id = await ask(sessions, course)
    await engine_of(sessions, Scripted([Page("Optics", 3, items, None)])).run(import_id)
    done = await look(sessions, import_id)
    assert (done.status, done.reason_code) == ("done_with_warnings", "failed_items")
    assert (done.found, done.imported, done.unavailable, done.failed) == (3, 1, 1, 1)
    assert [(video.title, video.unavailable) for video in await shown(sessions, course)] == [
        ("Light", None),
        ("[Private video]", "private"),
    ]


async def test_a_message_that_comes_twice_imports_once(sessions: Sessions, course: int) -> None:
    async def slowly(_: int) -> None:
        await asyncio.sleep(0.1)

    source = Scripted(make_pages(3, 3), slowly)
    import_id = await ask(sessions, course)
    engine = engine_of(sessions, source)
    await asyncio.gather(*(engine.run(import_id) for _ in range(3)))
    await engine.run(import_id)
    assert source.asked == [None]
    assert len(await shown(sessions, course)) == 6


@pytest.mark.parametrize(
    ("failure", "status"),
    [(NotFound(), "failed"), (RateLimited(), "paused_until"), (TimedOut(), "paused_until")],
)
async def test_a_failure_is_itself_and_changes_no_video(
    sessions: Sessions, course: int, failure: PlaylistFailure, status: str
) -> None:
    await engine_of(sessions, Scripted(make_pages(3))).run(await ask(sessions, course))

    async def fail(page: int) -> None:
        if page:
            raise failure

    began = utc_now()
    import_id = await ask(sessions, course)
    await engine_of(sessions, Scripted(make_pages(1, 1), fail)).run(import_id)
    ended = await look(sessions, import_id)
    assert (ended.status, ended.reason_code, ended.reason) == (status, failure.code, failure.reason)
    assert len(await shown(sessions, course)) == 3
    if status == "paused_until":
        assert ended.paused_until
        least = failure.retry.waits[0]
        assert least <= ended.paused_until - began <= least * (1 + QUICK.jitter) + timedelta(seconds=5)


async def test_an_import_that_comes_no_further_fails_in_the_end(sessions: Sessions, course: int) -> None:
    async def fail(page: int) -> None:
        if page:
            raise TimedOut

    import_id = await ask(sessions, course)
    engine = engine_of(sessions, Scripted(make_pages(1, 1, resumable=False), fail))
    seen = []
    for _ in range(len(TimedOut.retry.waits) + 1):
        await free_again(sessions, import_id)
        await engine.run(import_id)
        seen.append((await look(sessions, import_id)).status)
    assert seen == ["paused_until"] * len(TimedOut.retry.waits) + ["failed"]


async def test_an_import_goes_on_where_it_was(sessions: Sessions, course: int) -> None:
    async def fail(page: int) -> None:
        if page == 2 and len(source.asked) == 1:
            raise TimedOut

    source = Scripted(make_pages(2, 2, 2), fail)
    import_id = await ask(sessions, course)
    for _ in range(2):
        await free_again(sessions, import_id)
        await engine_of(sessions, source).run(import_id)
    assert source.asked == [None, "2"]
    assert [video.position for video in await shown(sessions, course)] == list(range(6))


@pytest.mark.parametrize("failure", [None, Changed])
async def test_where_a_source_cannot_go_on_everything_is_read_anew(
    sessions: Sessions, course: int, failure: type[Changed] | None
) -> None:
    async def fail(page: int) -> None:
        if page == 1 and len(source.asked) == 1:
            raise (failure or TimedOut)

    source = Scripted(make_pages(3, 3, resumable=failure is not None), fail)
    import_id = await ask(sessions, course)
    await engine_of(sessions, source).run(import_id)
    source.pages_of = make_pages(2, 2)
    await free_again(sessions, import_id)
    await engine_of(sessions, source).run(import_id)
    assert source.asked == [None, None]
    assert len(await shown(sessions, course)) == 4


async def test_a_part_never_passes_for_the_whole(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    await engine_of(sessions, Scripted(make_pages(2, 2, total=5))).run(import_id)
    ended = await look(sessions, import_id)
    assert (ended.status, ended.reason_code) == ("paused_until", "incomplete")
    assert "4 of the 5" in (ended.reason or "")
    assert await shown(sessions, course) == []


async def test_a_cancelled_import_stops_its_source_and_writes_nothing(
    sessions: Sessions, course: int
) -> None:
    async def hang(page: int) -> None:
        if page:
            async with sessions.begin() as session:
                await requests.cancel(session, import_id)
            await asyncio.sleep(60)

    source = Scripted(make_pages(2, 2), hang)
    import_id = await ask(sessions, course)
    await asyncio.wait_for(engine_of(sessions, source).run(import_id), 5)
    ended = await look(sessions, import_id)
    assert (ended.status, source.closed) == ("cancelled", 1)
    assert await shown(sessions, course) == []


async def test_whoever_was_thought_dead_writes_nothing_any_more(sessions: Sessions, course: int) -> None:
    async def sleep_through(page: int) -> None:
        if page:
            await free_again(sessions, import_id)
            await engine_of(sessions, Scripted(make_pages(1))).run(import_id)

    import_id = await ask(sessions, course)
    silent = replace(QUICK, heartbeat=timedelta(hours=1))
    source = Scripted(make_pages(2, 2, resumable=False), sleep_through)
    await Engine(sessions, source, say_nothing, policy=silent).run(import_id)
    assert (await look(sessions, import_id)).found == 1
    assert len(await shown(sessions, course)) == 1


async def test_a_worker_that_ends_gives_its_import_back(sessions: Sessions, course: int) -> None:
    async def hang(page: int) -> None:
        if page:
            stops.append(True)
            await asyncio.sleep(60)

    stops: list[bool] = []
    source = Scripted(make_pages(2, 2), hang)
    import_id = await ask(sessions, course)
    await asyncio.wait_for(engine_of(sessions, source, must_stop=lambda: bool(stops)).run(import_id), 5)
    given_back = await look(sessions, import_id)
    assert (given_back.status, given_back.cursor, given_back.sent_at) == ("queued", "1", None)
    source.between = None
    await engine_of(sessions, source).run(import_id)
    assert len(await shown(sessions, course)) == 4


async def test_a_bug_fails_the_import_and_is_logged(
    sessions: Sessions, course: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: int) -> None:
        raise ZeroDivisionError

    import_id = await ask(sessions, course)
    await engine_of(sessions, Scripted(make_pages(1), fail)).run(import_id)
    ended = await look(sessions, import_id)
    assert (ended.status, ended.reason_code) == ("failed", "unexpected")
    assert "ZeroDivisionError" in caplog.text


async def test_an_import_whose_workers_vanish_again_and_again_is_given_up(
    sessions: Sessions, course: int
) -> None:
    import_id = await ask(sessions, course)
    for _ in range(QUICK.losses + 1):
        await free_again(sessions, import_id)
        async with sessions.begin() as session:
            assert await claims.claim(session, import_id, utc_now())
    await free_again(sessions, import_id)
    await engine_of(sessions, Scripted(make_pages(1))).run(import_id)
    ended = await look(sessions, import_id)
    assert (ended.status, ended.reason_code) == ("failed", "worker_lost")


async def test_much_vanishes_only_when_an_admin_wants_it(sessions: Sessions, course: int) -> None:
    await engine_of(sessions, Scripted(make_pages(10))).run(await ask(sessions, course))
    import_id = await ask(sessions, course)
    await engine_of(sessions, Scripted(make_pages(4))).run(import_id)
    ended = await look(sessions, import_id)
    assert (ended.status, ended.reason_code) == ("failed", "many_vanished")
    assert "6 of the 10" in (ended.reason or "")
    assert len(await shown(sessions, course)) == 10
    async with sessions.begin() as session:
        assert await requests.retry(session, import_id, accept_removals=True)
    await engine_of(sessions, Scripted(make_pages(4))).run(import_id)
    assert len(await shown(sessions, course)) == 4
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Video)) == 10
        assert await session.scalar(select(func.count()).select_from(PlaylistItem)) == 4


async def test_a_course_has_the_title_of_its_playlist_until_an_admin_gives_it_another(
    sessions: Sessions, course: int
) -> None:
    async def titled(title: str) -> str:
        source = Scripted([Page(title, 0, [], None)])
        await engine_of(sessions, source).run(await ask(sessions, course))
        async with sessions.begin() as session:
            return (await session.get_one(Course, course)).course_title

    assert await titled("Optics") == "Optics"
    assert await titled("Optics I") == "Optics I"
    async with sessions.begin() as session:
        (await session.get_one(Course, course)).course_title = "Physics 101"
    assert await titled("Optics II") == "Physics 101"
    assert await titled("Optics III") == "Physics 101"


@pytest.fixture
async def behind(settings: Settings) -> AsyncIterator[tuple[Sessions, Proxy]]:
    """Sessions on a database that can be taken away."""
    url = settings.database_url.get_secret_value()
    way = Proxy.to(url)
    way.mend()
    engine = make_engine(settings.model_copy(update={"database_url": SecretStr(way.url(url))}), pool_size=2)
    yield make_sessions(engine), way
    way.cut()
    await engine.dispose()


async def test_a_database_that_is_away_for_a_moment_is_waited_for(
    sessions: Sessions, course: int, behind: tuple[Sessions, Proxy]
) -> None:
    own, way = behind

    async def cut(page: int) -> None:
        if page == 1:
            way.cut()
            asyncio.get_running_loop().call_later(1, way.mend)

    import_id = await ask(sessions, course)
    await engine_of(own, Scripted(make_pages(2, 2), cut)).run(import_id)
    done = await look(sessions, import_id)
    assert (done.status, done.imported, done.attempt) == ("done", 4, 1)


async def test_one_that_loses_its_database_is_left_to_the_next_sweep(
    sessions: Sessions, course: int, behind: tuple[Sessions, Proxy], caplog: pytest.LogCaptureFixture
) -> None:
    own, way = behind

    async def cut(page: int) -> None:
        if page == 1:
            way.cut()

    source = Scripted(make_pages(2, 2), cut)
    policy = replace(QUICK, database_away=timedelta(seconds=0.5), try_again=timedelta(seconds=0.1))
    import_id = await ask(sessions, course)
    await Engine(own, source, say_nothing, policy=policy).run(import_id)
    assert "left to the next sweep" in caplog.text
    assert "Traceback" not in caplog.text
    assert (await look(sessions, import_id)).status == "fetching"
    await free_again(sessions, import_id)
    source.between = None
    await engine_of(sessions, source).run(import_id)
    assert source.asked == [None, "1"]
    assert len(await shown(sessions, course)) == 4
