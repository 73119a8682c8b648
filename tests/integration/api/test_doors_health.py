"""Health, alone and together, with everything there and with parts away."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from api.attendance.app import SERVICE as ATTENDANCE
from api.auth.app import SERVICE as AUTH
from api.courses.app import SERVICE as COURSES
from api.factory import Service
from api.gateway.app import SERVICES
from api.health import CHECK_SECONDS
from api.ops.app import SERVICE as OPS
from api.progress.app import SERVICE as PROGRESS
from api.state import EDGE, BrokerWatch
from api.videos.app import SERVICE as VIDEOS
from core.database import Sessions
from core.settings import Settings
from tests.integration.api.conftest import Api, Callers, serving, until

NO_DATABASE = {"database_url": SecretStr("postgresql+asyncpg://edutrack:a-password@127.0.0.1:1/edutrack")}
NO_BROKER = {"amqp_url": SecretStr("amqp://guest:a-password@127.0.0.1:1/")}
NO_REDIS = {"redis_url": SecretStr("redis://:a-password@127.0.0.1:1/0")}


class Watch:
    """A broker watch that saw what a test says."""

    def __init__(
        self, *, connected: bool = True, consumers: int | None = 1, consumers_seen: bool = True
    ) -> None:
        self.connected = connected
        self.consumers = consumers
        self.consumers_seen = consumers_seen


async def health(api: Api, path: str = "/health") -> tuple[int, dict[str, Any]]:
    answer = await api.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert "a-password" not in answer.text
    assert "127.0.0.1" not in answer.text
    return answer.status_code, answer.json()


def attach(api: Api, watch: BrokerWatch) -> None:
    api.state.broker_watch = watch


@pytest.mark.parametrize("service", [AUTH, COURSES, VIDEOS, ATTENDANCE], ids=lambda service: service.name)
async def test_a_service_alone_is_healthy_with_its_database(
    settings: Settings, sessions: Sessions, redis: object, service: Service
) -> None:
    async with serving(settings, service) as api:
        watch = api.state.broker_watch
        await until(lambda: watch is None or watch.connected)
        for path in (f"/{service.name}/health", "/health"):
            status, body = await health(api, path)
            assert (status, body["status"], body["dependencies"]["database"]) == (200, "ok", "ok")
    async with serving(settings.model_copy(update=NO_DATABASE), service) as api:
        for path in (f"/{service.name}/health", "/health"):
            status, body = await health(api, path)
            assert (status, body["status"], body["dependencies"]["database"]) == (503, "unavailable", "down")


async def test_a_service_alone_has_no_routes_of_others(settings: Settings, sessions: Sessions) -> None:
    async with serving(settings, COURSES) as api:
        paths = (await api.client.get("/openapi.json")).json()["paths"]
        assert (await api.client.get("/auth/health")).status_code == 404
    assert all(path.startswith(("/courses", "/health")) for path in paths)


async def test_without_redis_signing_in_is_degraded_and_works(settings: Settings, sessions: Sessions) -> None:
    async with serving(settings.model_copy(update=NO_REDIS | {"env": "production"}), AUTH) as api:
        assert await health(api, "/auth/health") == (
            200,
            {"status": "degraded", "dependencies": {"database": "ok", "redis": "down"}},
        )
        await api.sign_up()
        assert (await api.sign_in()).status_code == 200


async def test_a_gateway_is_not_ready_before_a_worker_was_there_once(gateway: Api) -> None:
    for path in ("/health", "/progress/health"):
        status, body = await health(gateway, path)
        assert (status, body["dependencies"]["progress_workers"]) == (503, "starting")
    assert (await health(gateway, "/auth/health"))[0] == 200


@pytest.mark.parametrize(
    ("watch", "workers", "overall"),
    [
        (Watch(), "ok", "ok"),
        (Watch(consumers=0), "down", "degraded"),
        (Watch(consumers=None), "unknown", "degraded"),
    ],
)
async def test_a_worker_that_leaves_degrades(
    gateway: Api, monkeypatch: pytest.MonkeyPatch, watch: Watch, workers: str, overall: str
) -> None:
    monkeypatch.setattr(gateway.state, "broker_watch", watch)
    for path in ("/health", "/progress/health"):
        status, body = await health(gateway, path)
        assert (status, body["status"]) == (200, overall)
        assert body["dependencies"]["progress_workers"] == workers


async def test_a_gateway_without_a_database_still_takes_events(
    settings: Settings, sessions: Sessions, redis: object, broker: str
) -> None:
    async with serving(settings.model_copy(update=NO_DATABASE), *SERVICES) as api:
        attach(api, Watch())
        status, body = await health(api)
        assert (status, body["status"], body["dependencies"]["database"]) == (200, "degraded", "down")
        assert body["services"]["auth"] == "unavailable"
        assert (await health(api, "/progress/health"))[1]["status"] == "degraded"


async def test_without_broker_and_database_nothing_serves(settings: Settings, redis: object) -> None:
    async with serving(settings.model_copy(update=NO_DATABASE | NO_BROKER), *SERVICES) as api:
        attach(api, Watch(connected=False, consumers=None))
        status, body = await health(api)
        assert (status, body["status"]) == (503, "unavailable")
        assert set(body["services"].values()) == {"unavailable"}
        assert await health(api, "/health/live") == (200, {"status": "ok"})


async def test_health_answers_soon_when_a_dependency_hangs(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that accepts and says nothing is the worst kind of away."""
    monkeypatch.setattr("api.state.EDGE", EDGE)
    monkeypatch.setattr("api.health.CHECK_SECONDS", CHECK_SECONDS)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as mute:
        port = mute.sockets[0].getsockname()[1]
        hanging = settings.model_copy(
            update={"database_url": SecretStr(f"postgresql+asyncpg://e@127.0.0.1:{port}/e")}
        )
        async with serving(hanging, COURSES) as api, asyncio.timeout(2):
            assert (await health(api))[0] == 503


async def test_ops_see_the_queues(gateway: Api, callers: Callers) -> None:
    answer = await gateway.client.get("/ops/queues", headers=callers.admin)
    assert answer.status_code == 200
    queues = {queue["name"]: queue for queue in answer.json()}
    progress = queues["edutrack.progress"]
    assert (progress["ready"], progress["unacked"], progress["consumers"]) == (0, 0, 0)
    assert "edutrack.progress.dead-letters" in queues


async def test_progress_and_ops_share_one_watch(settings: Settings, sessions: Sessions, broker: str) -> None:
    async with serving(settings, PROGRESS, OPS) as api:
        first = api.state.broker_watch
        await until(lambda: first is not None and first.connected)
        assert api.state.parts[type(first)] is first
