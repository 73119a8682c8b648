"""Each service alone, and what refuses to start."""

import httpx
import pytest

from core.settings import Settings
from tests.e2e.processes import Processes, processes

pytestmark = pytest.mark.e2e

ROUTES = {
    "auth": "/auth/users/me",
    "courses": "/courses",
    "videos": "/videos/course/1",
    "attendance": "/attendance/today",
    "rosters": "/rosters",
    "ops": "/ops/queues",
}


@pytest.mark.parametrize("service", ROUTES)
def test_a_service_alone_serves_its_own_routes_and_no_others(
    own_settings: Settings, tmp_path_factory: pytest.TempPathFactory, service: str
) -> None:
    with processes(own_settings, tmp_path_factory.mktemp("logs")) as started:
        started.start("api", "api", "--service", service)
        started.wait_until_healthy(f"/{service}/health")
        statuses = {name: httpx.get(started.url + route).status_code for name, route in ROUTES.items()}
    assert statuses.pop(service) in {200, 401}
    assert set(statuses.values()) == {404}


def test_the_progress_service_alone_is_healthy_once_a_worker_has_attached(
    own_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with processes(own_settings, tmp_path_factory.mktemp("logs")) as started:
        started.start("api", "api", "--service", "progress")
        started.wait_until_listening()
        assert httpx.get(f"{started.url}/progress/health").status_code == 503
        started.start("worker", "worker", "progress")
        started.wait_until_healthy("/progress/health")
        started.kill("worker")
        started.wait_for(lambda: httpx.get(f"{started.url}/progress/health").json()["status"] == "degraded")
        assert httpx.get(f"{started.url}/progress/health").status_code == 200


@pytest.mark.parametrize("secret", ["", "short"])
def test_outside_development_a_missing_or_short_secret_is_refused(
    running: Processes, own_settings: Settings, secret: str
) -> None:
    production = {"EDUTRACK_ENV": "production", "EDUTRACK_SECRET_KEY": secret}
    for command in (("api",), ("worker", "progress")):
        with processes(own_settings, running.logs, **production) as started:
            refused = started.run(*command)
        assert refused.returncode == 2
        assert "EDUTRACK_SECRET_KEY" in refused.stderr
        assert "openssl rand -hex 32" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_another_policy_than_that_of_the_rows_is_refused(running: Processes, own_settings: Settings) -> None:
    for command in (("api",), ("worker", "progress")):
        with processes(own_settings, running.logs, EDUTRACK_TIMEZONE="Asia/Kathmandu") as started:
            refused = started.run(*command)
        assert refused.returncode != 0
        assert "edutrack rebuild --policy" in refused.stderr + refused.stdout


def test_metrics_are_served_on_a_port_of_their_own(running: Processes) -> None:
    student = running.sign_in("measured")
    student.post("/progress", json={"video_id": 1, "start_time": "00:00:00"})
    for name, metric in (
        ("api", "edutrack_events_accepted_total"),
        ("worker", 'edutrack_events_handled_total{outcome="applied"}'),
        ("worker", "edutrack_apply_lag_seconds_bucket"),
        ("api", 'edutrack_queue_ready_messages{queue="edutrack.progress"}'),
        ("api", "edutrack_http_request_duration_seconds_bucket"),
    ):
        address = next(
            line.rpartition(" ")[2] for line in running.log_of(name).splitlines() if "metrics on" in line
        )
        assert metric in httpx.get(address).text
    assert httpx.get(f"{running.url}/metrics").status_code == 404


def test_no_log_shows_a_token(running: Processes) -> None:
    student = running.sign_in("logged")
    token = student.headers.pop("Authorization").removeprefix("Bearer ")
    answer = student.get("/auth/users/me", params={"token": token})
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert student.get("/auth/users/me", params={"token": token + "x"}).status_code == 401
    assert token[:40] not in running.log_of("api")
