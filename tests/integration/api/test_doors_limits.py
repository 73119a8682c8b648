"""No request hangs, and no backlog is taken on: what is too slow or too much is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.factory import Service
from api.traffic import BUSY, EVENT_TOO_SLOW, Limits
from core.database import Sessions
from core.settings import Settings
from tests.integration.api.conftest import Api, serving, until

router = APIRouter(prefix="/trial", tags=["trial"])
TRIAL = Service(name="trial", router=router, needs=frozenset())


class Body(BaseModel):
    value: int


@router.post("/body")
async def take(body: Body) -> int:
    return body.value


@router.get("/slow")
async def slow(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


waiting: list[asyncio.Event] = []


@router.get("/held")
async def held() -> str:
    waiting.append(released := asyncio.Event())
    await released.wait()
    return "done"


@router.get("/slow-to-end")
async def slow_to_end() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begun, "
        await asyncio.sleep(1)
        yield b"ended"

    return StreamingResponse(parts())


@pytest.fixture
async def hurried(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    """An application with little patience and room for two requests."""
    tight = Limits(body_within=timedelta(seconds=0.3), answer_within=timedelta(seconds=0.5), in_flight=2)
    monkeypatch.setattr("api.factory.LIMITS", tight)
    async with serving(settings, TRIAL) as running:
        yield running


async def test_an_answer_that_takes_too_long_is_refused_with_a_time_to_retry(hurried: Api) -> None:
    answer = await hurried.client.get("/trial/slow?seconds=5")
    assert answer.status_code == 503
    assert answer.json()["detail"] == EVENT_TOO_SLOW
    assert answer.headers["Retry-After"] == "2"


async def test_an_answer_that_has_begun_may_take_its_time(hurried: Api) -> None:
    answer = await hurried.client.get("/trial/slow-to-end")
    assert (answer.status_code, answer.text) == (200, "begun, ended")


async def test_a_body_that_does_not_arrive_is_no_fault_of_the_server(hurried: Api) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b'{"value":'
        await asyncio.sleep(5)
        yield b"1}"

    answer = await hurried.client.post(
        "/trial/body", content=trickle(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 408


async def test_more_requests_than_there_is_room_for_are_refused_at_once(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.factory.LIMITS", Limits(in_flight=2))
    async with serving(settings, TRIAL) as small:
        slow_ones = [asyncio.create_task(small.client.get("/trial/held")) for _ in range(2)]
        await until(lambda: len(waiting) == 2)
        refused = await small.client.get("/trial/slow?seconds=0")
        assert (refused.status_code, refused.json()["detail"]) == (503, BUSY)
        while waiting:
            waiting.pop().set()
        assert [(await one).status_code for one in slow_ones] == [200, 200]
        assert (await small.client.get("/trial/slow?seconds=0")).status_code == 200
