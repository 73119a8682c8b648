"""Imports as streams, over real sockets: what is seen, how soon, and how a stream ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update
from sqlalchemy.pool import QueuePool

from api.traffic import LIMITS
from api.videos import desk
from api.videos.changes import ListeningPolicy
from api.videos.desk import ImportDesk
from api.videos.streams import AWAY, STILL_THERE, STREAMS
from core.database import Sessions
from core.imports import claims
from core.roles import Role
from core.security import Tokens
from core.settings import Settings
from core.tables import User
from tests.conftest import SECRET
from tests.integration.api.conftest import AddUser, Callers, bearer, until
from tests.integration.api.live import Live, server
from tests.proxy import Proxy

NEVER = timedelta(hours=1)


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks that nobody asked for never come in these tests, unless they say so."""
    patient(monkeypatch)


def patient(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    numbers = {"look_every": NEVER, "gap": timedelta(milliseconds=20), **changes}
    monkeypatch.setattr(desk, "STREAMS", replace(STREAMS, **numbers))


@pytest.fixture
async def live(
    settings: Settings, sessions: Sessions, redis: object, callers: Callers, policy: None
) -> AsyncIterator[Live]:
    async with server(settings, sessions, callers) as running:
        await until(lambda: running.api.state.part(ImportDesk).streams._changes.listens)
        yield running


async def test_a_stream_says_what_is_at_once_and_every_change_until_the_end(live: Live) -> None:
    async with live.watching() as watch:
        assert watch.answer.headers["content-type"].startswith("text/event-stream")
        assert watch.answer.headers["cache-control"] == "no-store"
        first = await watch.state()
        assert first == (await live.client.get(live.path.removesuffix("/events"))).json()
        mine = await live.claim()
        await live.announce()
        assert (await watch.state())["status"] == "fetching"
        item = {"position": 0, "youtube_id": "v", "title": "x", "duration_seconds": None}
        async with live.sessions.begin() as session:
            page = [{**item, "unavailable": "private", "problem": None}]
            now = datetime.now(UTC)
            await claims.store_page(session, mine, now, items=page, title="T", total=1, cursor=None)
        await live.announce()
        stored = await watch.state()
        assert (stored["found"], stored["not_imported"][0]["reason"]) == (1, "private")
        async with live.sessions.begin() as session:
            await claims.finish(session, mine, datetime.now(UTC), imported=0, warning=("x", "one is private"))
        await live.announce()
        last = await watch.state()
        assert (last["status"], last["reason"]) == ("done_with_warnings", "one is private")
        assert await watch.state() is None
    assert last == (await live.client.get(live.path.removesuffix("/events"))).json()


async def test_a_change_between_the_first_look_and_the_listening_is_seen(live: Live) -> None:
    """Nothing is announced: the look that follows the first one finds it."""
    live.limit(gap=timedelta(seconds=1))
    async with live.watching() as watch:
        await watch.state()
        await live.cancel()
        assert (await watch.state())["status"] == "cancelled"


async def test_what_has_ended_is_said_once_and_a_client_that_knows_it_stays_away(live: Live) -> None:
    await live.cancel()
    async with live.watching() as watch:
        assert (await watch.state())["status"] == "cancelled"
        assert await watch.state() is None
    again = await live.client.get(live.path, headers={"Last-Event-ID": watch.last_id})
    assert (again.status_code, again.content) == (204, b"")
    other = await live.client.get(live.path, headers={"Last-Event-ID": "older"})
    assert other.status_code == 200


async def test_a_token_in_the_address_is_as_good(live: Live, callers: Callers) -> None:
    token = callers.admin["Authorization"].removeprefix("Bearer ")
    del live.client.headers["Authorization"]
    async with live.watching(params={"token": token}) as watch:
        assert (await watch.state())["status"] == "queued"
        assert watch.answer.headers["referrer-policy"] == "no-referrer"
    async with live.watching(params={"token": "x"}) as watch:
        assert watch.answer.status_code == 401


async def test_a_head_ends(live: Live) -> None:
    head = await live.client.head(live.path)
    assert (head.status_code, head.content) == (200, b"")
    await until(lambda: live.places == 0)


async def test_nothing_of_the_database_is_held_while_nothing_happens(live: Live) -> None:
    pool = live.api.state.engine.pool
    assert isinstance(pool, QueuePool)
    async with live.watching() as watch:
        await watch.state()
        await until(lambda: pool.checkedout() == 0)
        await live.claim()
        await live.announce()
        await watch.state()
        await until(lambda: pool.checkedout() == 0)


async def test_a_stream_outlives_the_deadline_of_answers(live: Live) -> None:
    live.api.app.state.roads.traffic.limits = replace(LIMITS, answer_within=timedelta(seconds=1))
    async with live.watching() as watch:
        await watch.state()
        await asyncio.sleep(1.2)
        await live.cancel()
        await live.announce()
        assert (await watch.state())["status"] == "cancelled"


async def test_streams_are_bounded_and_a_place_is_free_again_when_its_client_leaves(
    live: Live,
) -> None:
    live.limit(at_most=1)
    async with live.watching() as watch:
        await watch.state()
        refused = await live.client.get(live.path)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    await until(lambda: live.places == 0)
    async with live.watching() as watch:
        assert (await watch.state())["status"] == "queued"


async def test_a_refusal_takes_no_place(live: Live, callers: Callers) -> None:
    assert (await live.client.get("/videos/imports/99/events")).status_code == 404
    assert (await live.client.get(live.path, headers=callers.student)).status_code == 403
    assert live.places == 0


async def test_a_stream_ends_when_the_server_does(live: Live) -> None:
    async with live.watching() as watch:
        await watch.state()
        live.server.should_exit = True
        assert await watch.state() is None


async def test_a_stream_ends_with_the_account_or_the_token(live: Live, add_user: AddUser) -> None:
    leaving = await add_user("leaving", Role.ADMIN)
    token = live.api.state.tokens.issue(leaving, "leaving", Role.ADMIN)
    async with live.watching(headers=bearer(token)) as watch:
        await watch.state()
        async with live.sessions.begin() as session:
            statement = update(User).where(User.id == leaving).values(disabled_at=datetime.now(UTC))
            await session.execute(statement)
        await live.announce()
        assert await watch.state() is None
    earlier = Tokens(SECRET.encode(), clock=lambda: datetime.now(UTC) - timedelta(minutes=59, seconds=58))
    soon_over = earlier.issue(await add_user("staying", Role.ADMIN), "staying", Role.ADMIN)
    live.limit(look_every=timedelta(milliseconds=100))
    async with live.watching(headers=bearer(soon_over)) as watch:
        await watch.state()
        assert await watch.state() is None


async def test_without_redis_a_change_is_seen_a_little_later(
    settings: Settings, sessions: Sessions, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch, look_every=timedelta(milliseconds=100))
    away = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    async with server(away, sessions, callers) as live, live.watching() as watch:
        await watch.state()
        await live.cancel()
        assert (await watch.state())["status"] == "cancelled"


async def test_redis_that_comes_back_is_heard_again_also_where_it_had_gone_in_silence(
    settings: Settings, sessions: Sessions, callers: Callers, policy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = timedelta(milliseconds=200)
    way = Proxy.to(settings.redis_url.get_secret_value())
    way.mend()
    through = settings.model_copy(
        update={"redis_url": SecretStr(way.url(settings.redis_url.get_secret_value()))}
    )
    monkeypatch.setattr(desk, "LISTENING", ListeningPolicy(often, often))
    async with server(through, sessions, callers) as live:
        changes = live.api.state.part(ImportDesk).streams._changes
        await until(lambda: changes.listens)
        async with live.watching() as watch:
            await watch.state()
            way.stall()
            await until(lambda: not changes.listens)
            way.flow()
            await until(lambda: changes.listens)
            way.cut()
            await until(lambda: not changes.listens)
            await live.cancel()
            way.mend()
            assert (await watch.state())["status"] == "cancelled", "it was said while nobody could hear it"
    way.cut()


async def test_a_broker_that_is_silent_keeps_nobody_waiting(
    settings: Settings, sessions: Sessions, callers: Callers, broker: str, policy: None
) -> None:
    way = Proxy.to(broker)
    way.mend()
    silent = settings.model_copy(update={"amqp_url": SecretStr(way.url(broker))})
    async with server(silent, sessions, callers) as live:
        for number in range(3):
            began = time.monotonic()
            body = {"playlist_url": f"PLsilentplaylist{number}"}
            assert (await live.client.post("/videos/youtube-playlist", json=body)).status_code == 202
            assert time.monotonic() - began < LIMITS.answer_within.total_seconds()
            way.stall()
        way.flow()
    way.cut()


async def test_a_stream_lives_through_an_outage_of_the_database(
    settings: Settings, sessions: Sessions, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch, look_every=timedelta(milliseconds=100))
    url = settings.database_url.get_secret_value()
    way = Proxy.to(url)
    way.mend()
    through = settings.model_copy(update={"database_url": SecretStr(way.url(url))})
    async with server(through, sessions, callers) as live, live.watching() as watch:
        await watch.state()
        way.cut()
        assert await watch.comment() == AWAY
        way.mend()
        await live.cancel()
        assert (await watch.state())["status"] == "cancelled"
    way.cut()


async def test_a_stream_says_now_and_then_that_it_is_there(
    settings: Settings, sessions: Sessions, redis: object, callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = timedelta(milliseconds=50)
    patient(monkeypatch, look_every=often, still_there_every=often)
    async with server(settings, sessions, callers) as live, live.watching() as watch:
        for _ in range(3):
            assert await watch.comment() == STILL_THERE
