"""A sweep sends for what nobody works on, once, and asks for what its schedule wants again."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from core.clock import utc_now
from core.database import Sessions
from core.imports import claims, requests
from core.settings import Settings
from core.tables import Course
from events.tasks import TaskSender
from events.topology import IMPORTS
from tests.integration.workers.playlist_import.imports import add_course, ask, look
from tests.letters import take_all
from tests.proxy import Proxy
from workers.playlist_import.sweep import chore, sweep

LONG = timedelta(minutes=1)


@pytest.fixture
def sender(broker: str) -> Iterator[TaskSender]:
    sender = TaskSender(broker)
    yield sender
    sender.close()


async def sent(broker: str) -> list[int]:
    return [json.loads(message.body)[0][0] for message in await take_all(broker, IMPORTS.name)]


async def test_what_nobody_works_on_is_sent_once(sessions: Sessions, sender: TaskSender, broker: str) -> None:
    queued = await ask(sessions, await add_course(sessions))
    assert [await sweep(sessions, sender) for _ in range(2)] == [1, 0]
    assert await sender.waiting() == 1
    assert await sweep(sessions, sender, lambda: utc_now() + LONG) == 0, "its message still waits"
    assert await sent(broker) == [queued]
    assert await sweep(sessions, sender, lambda: utc_now() + LONG) == 1, "its message was lost"
    assert await sent(broker) == [queued]


async def test_one_that_was_abandoned_is_sent_though_others_wait(
    sessions: Sessions, sender: TaskSender, broker: str
) -> None:
    abandoned = await ask(sessions, await add_course(sessions))
    async with sessions.begin() as session:
        assert await claims.claim(session, abandoned, utc_now())
    queued = await ask(sessions, await add_course(sessions, "PL2"))
    await sweep(sessions, sender)
    await sweep(sessions, sender, lambda: utc_now() + LONG)
    assert await sent(broker) == [queued, abandoned]


async def test_a_course_that_wants_it_is_imported_again_and_again(
    sessions: Sessions, sender: TaskSender, broker: str
) -> None:
    course = await add_course(sessions)
    async with sessions.begin() as session:
        await session.execute(update(Course).values(resync_hours=1))
    for hours in (2, 4):
        now = utc_now() + timedelta(hours=hours)
        assert await sweep(sessions, sender, lambda now=now: now) == 1  # type: ignore[misc]
        (import_id,) = await sent(broker)
        assert (await look(sessions, import_id)).requested_by is None
        async with sessions.begin() as session:
            mine = await claims.claim(session, import_id, now)
            assert mine
            assert mine.course_id == course
            await claims.finish(session, mine, now, imported=0, warning=None)


async def test_a_broker_that_is_away_is_tried_again_at_the_next_sweep(
    sessions: Sessions, settings: Settings, broker: str
) -> None:
    way = Proxy.to(broker)
    sender = TaskSender(way.url(broker))
    import_id = await ask(sessions, await add_course(sessions))
    assert await sweep(sessions, sender) == 0
    way.mend()
    assert await sweep(sessions, sender) == 1
    sender.close()
    way.cut()
    assert await sent(broker) == [import_id]


async def test_a_database_that_is_away_is_a_line_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    way = Proxy.to(settings.database_url.get_secret_value())
    url = way.url(settings.database_url.get_secret_value())
    nowhere = settings.model_copy(update={"database_url": type(settings.database_url)(url)})
    await asyncio.to_thread(chore(nowhere))
    assert "PostgreSQL is away" in caplog.text
    assert "Traceback" not in caplog.text


async def test_one_that_was_cancelled_is_not_sent(
    sessions: Sessions, sender: TaskSender, broker: str
) -> None:
    import_id = await ask(sessions, await add_course(sessions))
    async with sessions.begin() as session:
        await requests.cancel(session, import_id)
    assert await sweep(sessions, sender) == 0
