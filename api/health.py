"""`/health`, for each service and for all: whether it serves, and how what it stands on is doing.

Answers name states, never addresses or errors.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from api.deps import AppState
from api.openapi import RETRY_AFTER_HEADER
from api.state import Dependency, Service, State

CHECK_SECONDS = 1.0


class Condition(StrEnum):
    """How a dependency is doing."""

    OK = "ok"
    DOWN = "down"
    STARTING = "starting"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Whether a service serves."""

    OK = "ok"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


class Health(BaseModel):
    """Whether one service serves."""

    status: Status = Field(examples=[Status.OK])
    dependencies: dict[str, Condition] = Field(examples=[{"database": "ok", "redis": "ok"}])


class OverallHealth(Health):
    """Whether all of them do."""

    services: dict[str, Status] = Field(examples=[{"auth": "ok", "progress": "ok"}])


Conditions = Mapping[Dependency, Condition]


def health_router(services: Sequence[Service]) -> APIRouter:
    """Return the health routes of an application made of these services."""
    router = APIRouter(tags=["health"])
    for service in services:
        _add(router, f"/{service.name}/health", Health, _of_one(service))
    _add(router, "/health", OverallHealth, _of_all(services))
    router.add_api_route("/health/live", _live, summary="Whether the process answers")
    return router


class Liveness(BaseModel):
    """That the process answers. Restarting it mends nothing that `/health` tells of besides."""

    status: Status = Field(Status.OK, examples=[Status.OK])


async def _live(response: Response) -> Liveness:
    response.headers["Cache-Control"] = "no-store"
    return Liveness()


def judge(service: Service, conditions: Conditions) -> Status:
    """Return whether a service serves. Nothing serves before what it waits for at its start is there."""
    missing = {one for one in service.stands_on if conditions[one] is not Condition.OK}
    starting = any(conditions[one] is Condition.STARTING for one in service.stands_on)
    nothing_left = bool(service.needs_one_of) and service.needs_one_of <= missing
    if starting or nothing_left or service.needs & missing:
        return Status.UNAVAILABLE
    return Status.DEGRADED if missing else Status.OK


def judge_all(services: Mapping[str, Status], conditions: Conditions) -> Status:
    """Return whether the process serves: unless it still starts, one service that does is enough.

    A gateway without a database still accepts events; taking it out of service would lose them.
    """
    found = set(services.values())
    if found == {Status.OK}:
        return Status.OK
    nobody = found == {Status.UNAVAILABLE}
    return Status.UNAVAILABLE if nobody or Condition.STARTING in conditions.values() else Status.DEGRADED


def _of_one(service: Service) -> Callable[..., Awaitable[Health]]:
    async def health(state: AppState, response: Response) -> Health:
        conditions = await _check(state, service.stands_on)
        status = judge(service, conditions)
        _say(response, status)
        return Health(status=status, dependencies=_named(conditions))

    return health


def _of_all(services: Sequence[Service]) -> Callable[..., Awaitable[Health]]:
    async def health(state: AppState, response: Response) -> OverallHealth:
        conditions = await _check(state, frozenset().union(*(one.stands_on for one in services)))
        statuses = {service.name: judge(service, conditions) for service in services}
        status = judge_all(statuses, conditions)
        _say(response, status)
        return OverallHealth(status=status, dependencies=_named(conditions), services=statuses)

    return health


def _add(
    router: APIRouter, path: str, model: type[Health], endpoint: Callable[..., Awaitable[Health]]
) -> None:
    router.add_api_route(
        path,
        endpoint,
        response_model=model,
        summary="Whether it serves",
        responses={
            503: {"model": model, "description": "It cannot serve now", "headers": RETRY_AFTER_HEADER}
        },
    )


def _say(response: Response, status: Status) -> None:
    response.headers["Cache-Control"] = "no-store"
    if status is Status.UNAVAILABLE:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"


def _named(conditions: Conditions) -> dict[str, Condition]:
    return {dependency.value: conditions[dependency] for dependency in sorted(conditions)}


async def _check(state: State, dependencies: Collection[Dependency]) -> dict[Dependency, Condition]:
    """Ask all of them at once; what does not answer in time is down."""
    order = sorted(dependencies)
    conditions = await asyncio.gather(*(_checked(_CHECKS[dependency](state)) for dependency in order))
    return dict(zip(order, conditions, strict=True))


async def _checked(check: Awaitable[Condition]) -> Condition:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except Exception:  # noqa: BLE001 - whatever it is, the dependency cannot be used; the answer says so
        return Condition.DOWN


async def _database(state: State) -> Condition:
    async with state.transaction() as session:
        await session.execute(text("SELECT 1"))
    return Condition.OK


async def _redis(state: State) -> Condition:
    await state.redis.ping()
    return Condition.OK


async def _broker(state: State) -> Condition:
    watch = state.broker_watch
    return Condition.OK if watch is not None and watch.connected else Condition.DOWN


async def _progress_workers(state: State) -> Condition:
    watch = state.broker_watch
    if watch is None or not watch.consumers_seen:
        return Condition.STARTING
    if watch.consumers is None:
        return Condition.UNKNOWN
    return Condition.OK if watch.consumers else Condition.DOWN


_CHECKS: dict[Dependency, Callable[[State], Any]] = {
    Dependency.DATABASE: _database,
    Dependency.REDIS: _redis,
    Dependency.BROKER: _broker,
    Dependency.PROGRESS_WORKERS: _progress_workers,
}
