import pytest
from fastapi import APIRouter

from api.health import Condition, Status, judge, judge_all
from api.state import Dependency, Service

OK, DOWN, STARTING, UNKNOWN = Condition
SERVICE = Service(
    name="progress",
    router=APIRouter(),
    needs=frozenset({Dependency.BROKER}),
    uses=frozenset({Dependency.DATABASE, Dependency.PROGRESS_WORKERS}),
)


@pytest.mark.parametrize(
    ("broker", "database", "workers", "status"),
    [
        (OK, OK, OK, Status.OK),
        (OK, DOWN, OK, Status.DEGRADED),
        (OK, OK, DOWN, Status.DEGRADED),
        (OK, OK, UNKNOWN, Status.DEGRADED),
        (OK, OK, STARTING, Status.UNAVAILABLE),
        (DOWN, OK, OK, Status.UNAVAILABLE),
        (UNKNOWN, OK, OK, Status.UNAVAILABLE),
        (DOWN, DOWN, UNKNOWN, Status.UNAVAILABLE),
    ],
)
def test_a_service_is_judged_by_what_it_needs_and_uses(
    broker: Condition, database: Condition, workers: Condition, status: Status
) -> None:
    conditions = {
        Dependency.BROKER: broker,
        Dependency.DATABASE: database,
        Dependency.PROGRESS_WORKERS: workers,
        Dependency.REDIS: DOWN,
    }
    assert judge(SERVICE, conditions) is status


@pytest.mark.parametrize(
    ("one", "other", "workers", "status"),
    [
        (Status.OK, Status.OK, OK, Status.OK),
        (Status.OK, Status.DEGRADED, OK, Status.DEGRADED),
        (Status.OK, Status.UNAVAILABLE, OK, Status.DEGRADED),
        (Status.UNAVAILABLE, Status.UNAVAILABLE, OK, Status.UNAVAILABLE),
        (Status.OK, Status.UNAVAILABLE, STARTING, Status.UNAVAILABLE),
    ],
)
def test_a_gateway_serves_while_one_service_does_and_nothing_starts(
    one: Status, other: Status, workers: Condition, status: Status
) -> None:
    assert judge_all({"a": one, "b": other}, {Dependency.PROGRESS_WORKERS: workers}) is status
