"""Playlists that become courses: asked for, looked at, cancelled, tried again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from api.videos.app import SERVICE as VIDEOS
from core.database import Sessions
from core.imports import claims
from core.imports.claims import Claim
from core.imports.live import channel_of
from core.settings import Settings
from core.tables import Course, PlaylistImport
from events.tasks import IMPORT_PLAYLIST
from events.topology import IMPORTS
from tests.integration.api.conftest import Api, Callers, serving
from tests.letters import take_all

LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"
OTHER = "PLanotherplaylist"


async def ask(
    api: Api, callers: Callers, playlist_url: object = LINK, key: str | None = None
) -> httpx.Response:
    headers = callers.admin | ({"Idempotency-Key": key} if key is not None else {})
    return await api.client.post(
        "/videos/youtube-playlist", json={"playlist_url": playlist_url}, headers=headers
    )


async def post(api: Api, callers: Callers, path: str, body: Any = None) -> httpx.Response:
    return await api.client.post(f"/videos/imports/{path}", json=body, headers=callers.admin)


async def look(api: Api, callers: Callers, path: str = "/1") -> Any:
    answer = await api.client.get(f"/videos/imports{path}", headers=callers.admin)
    assert answer.status_code == 200
    return answer.json()


async def claimed(sessions: Sessions, import_id: int = 1) -> Claim:
    async with sessions.begin() as session:
        mine = await claims.claim(session, import_id, datetime.now(UTC))
        assert mine is not None
        return mine


async def store(sessions: Sessions, mine: Claim, items: list[dict[str, Any]], total: int) -> None:
    columns: dict[str, Any] = {"title": "x", "duration_seconds": None, "unavailable": None, "problem": None}
    rows = [{**columns, "position": n, "youtube_id": f"v{n}", **item} for n, item in enumerate(items)]
    async with sessions.begin() as session:
        await claims.store_page(
            session, mine, datetime.now(UTC), items=rows, title="Optics", total=total, cursor=None
        )


async def fail(sessions: Sessions, import_id: int = 1) -> None:
    mine = await claimed(sessions, import_id)
    async with sessions.begin() as session:
        await claims.fail(session, mine, datetime.now(UTC), "not_found", "there is no such playlist")


async def test_an_admin_queues_an_import(api: Api, callers: Callers) -> None:
    answer = await ask(api, callers)
    assert answer.status_code == 202
    body = answer.json()
    assert body | {"import": {}} == {
        "id": 1,
        "course_title": "PL0123456789abcdef",
        "link": LINK,
        "import": {},
    }
    assert (body["import"]["id"], body["import"]["status"]) == (1, "queued")
    assert answer.headers["location"] == "/videos/imports/1"
    assert await look(api, callers) == body["import"] | {"not_imported": []}
    assert [course["link"] for course in (await api.client.get("/courses")).json()] == [LINK]


async def test_the_workers_are_told_once_and_after_the_commit(
    api: Api, callers: Callers, broker: str, sessions: Sessions
) -> None:
    for _ in range(2):
        await ask(api, callers)
    (message,) = await take_all(broker, IMPORTS.name)
    assert message.headers["task"] == IMPORT_PLAYLIST
    assert json.loads(message.body)[0] == [1]
    async with sessions.begin() as session:
        assert (await session.get_one(PlaylistImport, 1)).sent_at is not None


async def test_a_broker_that_is_away_is_no_error(
    settings: Settings, sessions: Sessions, redis: object, callers: Callers
) -> None:
    away = settings.model_copy(update={"amqp_url": SecretStr("amqp://guest@127.0.0.1:1/")})
    async with serving(away, VIDEOS) as api:
        assert (await ask(api, callers)).status_code == 202
        health = (await api.client.get("/videos/health")).json()
        assert (health["status"], health["dependencies"]["broker"]) == ("degraded", "down")


@pytest.mark.parametrize(
    "again", [LINK, "PL0123456789abcdef", "youtu.be/abcdefghijk?list=PL0123456789abcdef&t=7"]
)
async def test_the_second_time_is_the_same_import(api: Api, callers: Callers, again: str) -> None:
    assert (await ask(api, callers)).json() == (await ask(api, callers, again)).json()


@pytest.mark.parametrize("key", [None, "monday"])
async def test_many_at_once_are_one_import(
    api: Api, callers: Callers, sessions: Sessions, key: str | None
) -> None:
    answers = await asyncio.gather(*(ask(api, callers, key=key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Course)) == 1
        assert await session.scalar(select(func.count()).select_from(PlaylistImport)) == 1


async def test_a_title_that_was_fetched_stays(api: Api, callers: Callers, sessions: Sessions) -> None:
    await ask(api, callers)
    async with sessions.begin() as session:
        course = await session.get_one(Course, 1)
        course.course_title = "Optics"
    assert (await ask(api, callers)).json()["course_title"] == "Optics"


async def test_what_is_no_playlist_leaves_nothing_behind(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    refused = await ask(api, callers, "https://www.youtube.com/watch?v=abcdefghijk")
    assert refused.status_code == 400
    assert "one video" in refused.json()["detail"]
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Course)) == 0


# Keys


async def test_a_key_gives_the_same_import_for_ever(api: Api, callers: Callers, sessions: Sessions) -> None:
    await ask(api, callers)
    first = (await ask(api, callers, key="monday")).json()["import"]["id"]
    quoted = (await ask(api, callers, key='"monday"')).json()["import"]["id"]
    await fail(sessions)
    again = await ask(api, callers, key="monday")
    assert (first, quoted, again.json()["import"]["id"]) == (1, 1, 1)
    assert (again.status_code, again.json()["import"]["status"]) == (202, "failed")
    await api.client.post("/courses/1/archive", headers=callers.admin)
    assert (await ask(api, callers, key="monday")).status_code == 202
    await api.client.post("/courses/1/restore", headers=callers.admin)
    assert (await ask(api, callers, key="tuesday")).json()["import"]["status"] == "queued"
    assert (await ask(api, callers, key="monday")).json()["import"]["id"] == 1


async def test_a_key_that_came_with_another_playlist_is_refused(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers, key="monday")
    refused = await ask(api, callers, OTHER, key="monday")
    assert (refused.status_code, "Idempotency-Key" in refused.json()["detail"]) == (409, True)
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Course)) == 1


async def test_a_key_with_several_playlists_at_once_means_one_of_them(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    links = [f"PLplaylistnumber{n}" for n in range(6)]
    answers = await asyncio.gather(*(ask(api, callers, link, key="monday") for link in links))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 5
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(PlaylistImport)) == 1


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "a\tb"])
async def test_a_key_out_of_bounds_is_refused(api: Api, callers: Callers, key: str) -> None:
    assert (await ask(api, callers, key=key)).status_code == 400


# Looking


async def test_an_import_says_how_far_it_is_and_what_it_could_not_bring(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers)
    mine = await claimed(sessions)
    items = [{}, {"unavailable": "private"}, {"problem": "its id is none"}]
    await store(sessions, mine, items, total=3)
    fetching = await look(api, callers)
    assert (fetching["status"], fetching["found"], fetching["total"], fetching["attempt"]) == (
        "fetching",
        3,
        3,
        1,
    )
    assert (fetching["unavailable"], fetching["failed"], fetching["playlist_title"]) == (1, 1, "Optics")
    assert fetching["requested_by_username"] == "admin"
    assert fetching["started_at"]
    assert fetching["heartbeat_at"]
    assert fetching["not_imported"] == [
        {"position": 1, "youtube_id": "v1", "title": "x", "reason": "private"},
        {"position": 2, "youtube_id": "v2", "title": "x", "reason": "its id is none"},
    ]
    now = datetime.now(UTC)
    async with sessions.begin() as session:
        await claims.pause(session, mine, now + timedelta(hours=1), "rate_limited", "too many requests")
    paused = await look(api, callers)
    assert (paused["status"], paused["reason_code"]) == ("paused_until", "rate_limited")
    assert datetime.fromisoformat(paused["paused_until"]) == now + timedelta(hours=1)


async def test_what_could_not_be_brought_is_listed_up_to_a_bound(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers)
    await store(sessions, await claimed(sessions), [{"unavailable": "deleted"}] * 201, total=201)
    found = await look(api, callers)
    assert (len(found["not_imported"]), found["unavailable"]) == (200, 201)


async def test_imports_are_listed_newest_first_in_pages_and_by_course(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    for _ in range(3):
        for link in (LINK, OTHER):
            await ask(api, callers, link)
        async with sessions.begin() as session:
            for row in await session.scalars(select(PlaylistImport)):
                row.status = "done"
    url, seen = "/videos/imports?limit=4", []
    while url:
        answer = await api.client.get(url, headers=callers.admin)
        seen += [one["id"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 6
    assert {one["course_id"] for one in await look(api, callers, "?course_id=1")} == {1}
    assert len(await look(api, callers, "?course_id=1")) == 3
    assert await look(api, callers, "?course_id=99") == []


async def test_an_import_that_is_not_there_is_not_found(api: Api, callers: Callers) -> None:
    assert (await api.client.get("/videos/imports/1", headers=callers.admin)).status_code == 404
    for action in ("cancel", "retry"):
        assert (await post(api, callers, f"1/{action}")).status_code == 404


# Cancelling and trying again


async def test_an_import_is_cancelled_and_whoever_watches_hears_of_it(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers)
    async with api.state.redis.pubsub() as listener:
        await listener.subscribe(channel_of(1))
        await listener.get_message(timeout=5)
        cancelled = await post(api, callers, "1/cancel")
        assert await listener.get_message(timeout=5)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert cancelled.json()["finished_at"]
    assert (await post(api, callers, "1/cancel")).status_code == 200, "repeating it is harmless"


async def test_what_has_ended_is_not_cancelled(api: Api, callers: Callers, sessions: Sessions) -> None:
    await ask(api, callers)
    await fail(sessions)
    assert (await post(api, callers, "1/cancel")).status_code == 409


@pytest.mark.parametrize(
    ("body", "accepted"), [(None, False), ({}, False), ({"accept_removals": True}, True)]
)
async def test_an_import_that_failed_is_tried_again(
    api: Api, callers: Callers, sessions: Sessions, broker: str, body: Any, accepted: bool
) -> None:
    await ask(api, callers)
    await fail(sessions)
    await take_all(broker, IMPORTS.name)
    again = await post(api, callers, "1/retry", body)
    assert (again.status_code, again.json()["status"], again.json()["reason"]) == (200, "queued", None)
    assert len(await take_all(broker, IMPORTS.name)) == 1
    assert (await claimed(sessions)).accept_removals is accepted


async def test_what_is_under_way_or_done_is_not_tried_again(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers)
    assert (await post(api, callers, "1/retry")).status_code == 409
    mine = await claimed(sessions)
    assert (await post(api, callers, "1/retry")).status_code == 409
    async with sessions.begin() as session:
        await claims.finish(session, mine, datetime.now(UTC), imported=0, warning=None)
    refused = await post(api, callers, "1/retry")
    assert (refused.status_code, "under way or done" in refused.json()["detail"]) == (409, True)


async def test_there_is_no_second_import_of_a_course_beside_one(
    api: Api, callers: Callers, sessions: Sessions
) -> None:
    await ask(api, callers)
    await fail(sessions)
    await ask(api, callers)
    refused = await post(api, callers, "1/retry")
    assert (refused.status_code, "another import" in refused.json()["detail"]) == (409, True)


async def test_an_archived_course_is_not_imported(api: Api, callers: Callers, sessions: Sessions) -> None:
    await ask(api, callers)
    await fail(sessions)
    await api.client.post("/courses/1/archive", headers=callers.admin)
    for refused in (await ask(api, callers), await post(api, callers, "1/retry")):
        assert (refused.status_code, "archived" in refused.json()["detail"]) == (409, True)
