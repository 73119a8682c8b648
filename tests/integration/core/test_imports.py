"""The life of an import: one at a time for a course, in one worker's hands, and never without anybody's."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from core.database import Sessions
from core.imports import claims, due, requests
from core.imports.claims import Claim, ImportTaken
from core.imports.statements import STALE_AFTER
from core.tables import Course, ImportStatus, PlaylistImport
from tests.people import add_students

NOW = datetime(2026, 6, 12, 12, tzinfo=UTC)
LATER = NOW + STALE_AFTER + timedelta(seconds=1)


@pytest.fixture
async def course(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        await add_students(session, 2)
        statement = insert(Course).values(course_title="PL1", playlist_id="PL1").returning(Course.id)
        return (await session.execute(statement)).scalar_one()


async def ask(sessions: Sessions, course: int, who: int | None = 1) -> int:
    async with sessions.begin() as session:
        return (await requests.request(session, course, who)).id


async def look(sessions: Sessions, import_id: int) -> PlaylistImport:
    async with sessions.begin() as session:
        found = await requests.by_id(session, import_id)
        assert found is not None
        return found


async def claim(sessions: Sessions, import_id: int, now: datetime = NOW) -> Claim | None:
    async with sessions.begin() as session:
        return await claims.claim(session, import_id, now)


async def claimed(sessions: Sessions, import_id: int, now: datetime = NOW) -> Claim:
    found = await claim(sessions, import_id, now)
    assert found is not None
    return found


def item(position: int, **columns: str) -> dict[str, object]:
    names = dict.fromkeys(("duration_seconds", "unavailable", "problem"))
    return {"position": position, "youtube_id": f"video{position}", "title": "x", **names, **columns}


async def store(sessions: Sessions, mine: Claim, *positions: int, cursor: str | None = None) -> None:
    async with sessions.begin() as session:
        page = [item(position) for position in positions]
        await claims.store_page(session, mine, NOW, items=page, title="T", total=9, cursor=cursor)


async def test_a_course_has_one_import_under_way(sessions: Sessions, course: int) -> None:
    first = await ask(sessions, course)
    assert await ask(sessions, course, 2) == first
    async with sessions.begin() as session:
        assert await requests.cancel(session, first)
        assert not await requests.cancel(session, first)
    assert await ask(sessions, course) != first
    async with sessions.begin() as session:
        with pytest.raises(IntegrityError):
            await requests.retry(session, first)
        await session.rollback()


async def test_a_key_means_what_it_meant_first_however_that_ended(sessions: Sessions, course: int) -> None:
    first = await ask(sessions, course)
    async with sessions.begin() as session:
        assert await requests.meant_by(session, 1, "once") is None
        assert await requests.keep_key(session, 1, "once", first)
        assert await requests.keep_key(session, 1, "another", first)
        await requests.cancel(session, first)
    second = await ask(sessions, course)
    async with sessions.begin() as session:
        assert not await requests.keep_key(session, 1, "once", second)
        assert await requests.keep_key(session, 2, "once", second)
        meant = [await requests.meant_by(session, who, "once") for who in (1, 2)]
        assert [each and each.id for each in meant] == [first, second]


async def test_only_one_worker_has_an_import_until_it_is_abandoned(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    mine = await claimed(sessions, import_id)
    assert await claim(sessions, import_id) is None
    await store(sessions, mine, 0, 1, cursor="next")
    other = await claimed(sessions, import_id, LATER)
    assert (other.cursor, other.found, other.attempt) == ("next", 2, 2)
    with pytest.raises(ImportTaken):
        await store(sessions, mine, 2)
    assert (await look(sessions, import_id)).found == 2


async def test_a_page_that_is_stored_twice_counts_once(sessions: Sessions, course: int) -> None:
    mine = await claimed(sessions, await ask(sessions, course))
    for positions in ((0, 1), (0, 1), (1, 2)):
        await store(sessions, mine, *positions)
    found = await look(sessions, mine.import_id)
    assert (found.found, found.total, found.playlist_title) == (3, 9, "T")


async def test_whoever_works_on_a_cancelled_import_notices(sessions: Sessions, course: int) -> None:
    mine = await claimed(sessions, await ask(sessions, course))
    async with sessions.begin() as session:
        await requests.cancel(session, mine.import_id)
    async with sessions.begin() as session:
        with pytest.raises(ImportTaken):
            await claims.beat(session, mine, NOW)


async def test_a_pause_ends_by_itself_and_goes_on_where_it_was(sessions: Sessions, course: int) -> None:
    mine = await claimed(sessions, await ask(sessions, course))
    await store(sessions, mine, 0, cursor="next")
    until = NOW + timedelta(minutes=30)
    async with sessions.begin() as session:
        await claims.pause(session, mine, until, "rate_limited", "too fast")
    assert await claim(sessions, mine.import_id, until - timedelta(seconds=1)) is None
    again = await claimed(sessions, mine.import_id, until)
    assert (again.cursor, again.found) == ("next", 1)
    assert (await look(sessions, mine.import_id)).paused_until is None


async def test_only_coming_further_than_ever_forgives_failures(sessions: Sessions, course: int) -> None:
    async def fetch_and_pause(*pages: int) -> int:
        mine = await claimed(sessions, import_id, LATER)
        async with sessions.begin() as session:
            await claims.start_over(session, mine)
        for page in pages:
            await store(sessions, mine, page)
        async with sessions.begin() as session:
            await claims.pause(session, mine, NOW, "timeout", "slow")
        return (await look(sessions, import_id)).failures

    import_id = await ask(sessions, course)
    assert [await fetch_and_pause(*pages) for pages in ((0, 1), (0,), (0, 1), (0, 1, 2), ())] == [
        1,
        2,
        3,
        1,
        2,
    ]


async def test_a_worker_that_vanishes_again_and_again_is_counted(sessions: Sessions, course: int) -> None:
    import_id = await ask(sessions, course)
    now, lost = NOW, []
    for _ in range(3):
        lost.append((await claimed(sessions, import_id, now)).losses)
        now += STALE_AFTER + timedelta(seconds=1)
    assert lost == [0, 1, 2]
    mine = await claimed(sessions, import_id, now)
    await store(sessions, mine, 0)
    assert (await look(sessions, import_id)).losses == 0


async def test_one_that_is_given_back_goes_on_at_once_where_it_was(sessions: Sessions, course: int) -> None:
    mine = await claimed(sessions, await ask(sessions, course))
    await store(sessions, mine, 0, cursor="next")
    async with sessions.begin() as session:
        await claims.release(session, mine)
    async with sessions.begin() as session:
        assert list(await due.to_send(session, NOW)) == [mine.import_id]
    again = await claimed(sessions, mine.import_id)
    assert (again.cursor, again.losses) == ("next", 0)


async def test_one_that_failed_starts_over_when_it_is_retried(sessions: Sessions, course: int) -> None:
    mine = await claimed(sessions, await ask(sessions, course))
    await store(sessions, mine, 0, cursor="next")
    async with sessions.begin() as session:
        await claims.fail(session, mine, NOW, "not_found", "gone")
    assert await claim(sessions, mine.import_id, LATER) is None
    async with sessions.begin() as session:
        assert await requests.retry(session, mine.import_id, accept_removals=True)
    again = await claimed(sessions, mine.import_id)
    assert (again.cursor, again.accept_removals) == (None, True)
    async with sessions.begin() as session:
        await claims.start_over(session, again)
    assert (await look(sessions, mine.import_id)).found == 0


async def test_an_import_that_is_done_keeps_its_items_and_drops_those_of_earlier_ones(
    sessions: Sessions, course: int
) -> None:
    for warning, status in ((None, "done"), (("unavailable", "1 of 2"), "done_with_warnings")):
        mine = await claimed(sessions, await ask(sessions, course))
        await store(sessions, mine, 0, 1)
        async with sessions.begin() as session:
            await claims.begin_importing(session, mine, NOW)
            await claims.finish(session, mine, NOW, imported=2, warning=warning)
        assert (await look(sessions, mine.import_id)).status == status
        async with sessions.begin() as session:
            assert len(await claims.items(session, mine.import_id)) == 2
    async with sessions.begin() as session:
        assert await claims.items(session, mine.import_id - 1) == []


async def test_items_of_an_import_that_came_to_nothing_do_not_pile_up(
    sessions: Sessions, course: int
) -> None:
    done = await claimed(sessions, await ask(sessions, course))
    await store(sessions, done, 0)
    async with sessions.begin() as session:
        await claims.finish(session, done, NOW, imported=1, warning=None)
    for _ in range(3):
        mine = await claimed(sessions, await ask(sessions, course))
        await store(sessions, mine, 0, 1, cursor="next")
        async with sessions.begin() as session:
            await requests.cancel(session, mine.import_id)
    async with sessions.begin() as session:
        kept = [len(await claims.items(session, each)) for each in range(done.import_id, mine.import_id + 1)]
        assert await requests.retry(session, mine.import_id)
    assert kept == [1, 0, 0, 2]
    assert (await claimed(sessions, mine.import_id)).cursor is None


async def test_what_nobody_works_on_is_sent_again(sessions: Sessions, course: int) -> None:
    async def to_send(now: datetime) -> list[int]:
        async with sessions.begin() as session:
            return list(await due.to_send(session, now))

    import_id = await ask(sessions, course)
    assert await to_send(NOW) == [import_id]
    async with sessions.begin() as session:
        await requests.sent(session, import_id)
        sent_at = (await session.get_one(PlaylistImport, import_id, populate_existing=True)).sent_at
    assert sent_at is not None
    assert await to_send(sent_at + timedelta(seconds=5)) == []
    lost = sent_at + due.SEND_AGAIN_AFTER + timedelta(seconds=1)
    assert await to_send(lost) == [import_id]
    async with sessions.begin() as session:
        assert await due.to_send(session, lost, none_waits=False) == [], "its message may be in the queue"
    await claimed(sessions, import_id, lost)
    assert await to_send(lost) == []
    assert await to_send(lost + STALE_AFTER + timedelta(seconds=1)) == [import_id]


async def test_a_course_that_wants_it_is_imported_again_when_it_is_time(
    sessions: Sessions, course: int
) -> None:
    async def courses(now: datetime) -> list[int]:
        async with sessions.begin() as session:
            return list(await due.courses_to_resync(session, now))

    soon = datetime.now(UTC) + timedelta(hours=25)
    assert await courses(soon) == []
    async with sessions.begin() as session:
        (await session.get_one(Course, course)).resync_hours = 24
    assert await courses(soon) == [course]
    assert await courses(soon - timedelta(hours=2)) == []
    import_id = await ask(sessions, course, None)
    assert await courses(soon) == [], "one is under way"
    async with sessions.begin() as session:
        await requests.cancel(session, import_id)
    assert await courses(soon + timedelta(hours=1)) == [course]


def test_what_runs_is_the_same_in_python_and_in_the_index() -> None:
    from core.tables.imports import IS_RUNNING

    assert {status for status in ImportStatus if f"'{status}'" in IS_RUNNING} == {
        status for status in ImportStatus if status.is_running
    }
