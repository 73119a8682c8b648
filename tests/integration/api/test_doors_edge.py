"""What happens around every request: transactions, outages, mistakes of ours, other origins, one policy."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from prometheus_client import REGISTRY
from pydantic import BaseModel, SecretStr
from sqlalchemy import func, select, text

from api import start
from api.courses.app import SERVICE as COURSES
from api.deps import AppState, Session
from api.factory import Dependency, Service
from core.database import Sessions
from core.errors import BadRequest
from core.policy import Overlap
from core.policy_store import PolicyMismatch
from core.settings import Settings
from core.tables import Course
from tests.integration.api.conftest import Api, serving, until

router = APIRouter(prefix="/trial", tags=["trial"])
TRIAL = Service(name="trial", router=router, needs=frozenset({Dependency.DATABASE}))
SECRET = "xyzzy-never-told"


class Body(BaseModel):
    value: int


@router.post("/add")
async def add(session: Session, state: AppState) -> int:
    """Add a course, and tell what others see of it before the answer."""
    session.add(Course(course_title="Optics"))
    await session.flush()
    async with state.sessions.begin() as other:
        return await other.scalar(select(func.count()).select_from(Course)) or 0


@router.post("/add-and-refuse")
async def add_and_refuse(session: Session) -> None:
    session.add(Course(course_title="Optics"))
    await session.flush()
    raise BadRequest("changed my mind")


@router.post("/add-later-refused")
async def add_later_refused(session: Session) -> None:
    """Do what the database notices at the commit only."""
    await session.execute(text("CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    await session.execute(text("INSERT INTO late VALUES (1), (1)"))


@router.get("/kill")
async def kill(session: Session) -> None:
    await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@router.get("/read-only")
async def read_only(session: Session) -> None:
    await session.execute(text("SET TRANSACTION READ ONLY"))
    await session.execute(text("CREATE TABLE never (id int)"))


@router.get("/mistake")
async def mistake(session: Session) -> None:
    await session.execute(text("SELECT nonsense"))


@router.get("/bug")
async def bug() -> None:
    raise RuntimeError(SECRET)


@router.get("/wrong-answer")
async def wrong_answer() -> Body:
    return SECRET  # type: ignore[return-value]


@router.get("/stream")
async def stream() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "one\n"
        raise RuntimeError(SECRET)

    return StreamingResponse(lines())


@pytest.fixture
async def trial(settings: Settings, sessions: Sessions) -> AsyncIterator[Api]:
    async with serving(settings, TRIAL, COURSES) as running:
        yield running


@pytest.fixture(autouse=True)
def all_lines(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


async def courses(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.count()).select_from(Course)) or 0


# Transactions


async def test_a_transaction_is_committed_before_the_answer_and_not_earlier(
    trial: Api, sessions: Sessions
) -> None:
    assert (await trial.client.post("/trial/add")).json() == 0
    assert await courses(sessions) == 1


async def test_a_refusal_leaves_nothing_behind(trial: Api, sessions: Sessions) -> None:
    assert (await trial.client.post("/trial/add-and-refuse")).status_code == 400
    assert await courses(sessions) == 0


async def test_a_commit_that_fails_is_no_success(trial: Api) -> None:
    assert (await trial.client.post("/trial/add-later-refused")).status_code == 500


# Outages


@pytest.mark.parametrize("path", ["/trial/kill", "/trial/read-only"])
async def test_a_database_that_goes_away_is_503_with_a_time_to_retry(trial: Api, path: str) -> None:
    for _ in range(3):
        answer = await trial.client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await trial.client.get("/courses")).status_code == 200


async def test_connections_that_died_meanwhile_are_replaced(trial: Api, sessions: Sessions) -> None:
    await trial.client.get("/courses")
    async with sessions.begin() as session:
        ended = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'edutrack-api'"
        )
        await session.execute(text(ended))
    assert (await trial.client.get("/courses")).status_code == 200


async def test_more_requests_than_connections_wait_their_turn(trial: Api) -> None:
    answers = await asyncio.gather(*(trial.client.get("/courses") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}


# Mistakes of ours


@pytest.mark.parametrize("path", ["/trial/bug", "/trial/mistake", "/trial/wrong-answer"])
async def test_a_mistake_of_ours_is_500_logged_and_not_told(
    trial: Api, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await trial.client.get(path)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "logged" in answer.json()["detail"]
    assert SECRET not in answer.text
    assert "nonsense" not in answer.text
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


async def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(trial: Api) -> None:
    transport = httpx.ASGITransport(trial.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://edutrack") as client:
        with pytest.raises(RuntimeError):
            await client.get("/trial/stream")


# Logs and metrics


async def test_no_log_line_shows_a_query(trial: Api, caplog: pytest.LogCaptureFixture) -> None:
    await trial.client.get("/courses", params={"token": SECRET})
    await trial.client.get("/trial/mistake", params={"token": SECRET})
    await trial.client.get("/courses/1%0d%0aforged", params={"token": SECRET})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("GET /courses 200" in record.getMessage() for record in ours)
    assert any("GET /courses/1%0d%0aforged 422" in record.getMessage() for record in ours)
    assert all(SECRET not in logging.Formatter().format(record) for record in ours)


async def test_durations_are_measured_per_route_and_not_per_address(trial: Api) -> None:
    def count(route: str, status: str, method: str = "GET") -> float:
        labels = {"method": method, "route": route, "status": status}
        return REGISTRY.get_sample_value("edutrack_http_request_duration_seconds_count", labels) or 0

    before = count("/courses/{id}", "404"), count("none", "404"), count("none", "404", "other")
    await trial.client.get("/courses/7")
    await trial.client.get("/courses/8")
    await trial.client.get("/nowhere/at/all")
    await trial.client.request("BREW", "/nowhere/at/all")
    after = count("/courses/{id}", "404"), count("none", "404"), count("none", "404", "other")
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 1, 1]


# Other origins


async def test_pages_of_origins_that_are_set_may_call_and_no_others(
    settings: Settings, sessions: Sessions
) -> None:
    async with serving(
        settings.model_copy(update={"cors_origins": ["https://school.example"]}), COURSES
    ) as api:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        friend = await api.client.options("/courses", headers={"Origin": "https://school.example"} | asked)
        stranger = await api.client.options("/courses", headers={"Origin": "https://evil.example"} | asked)
        answer = await api.client.get("/courses", headers={"Origin": "https://school.example"})
        too_large = await api.client.post(
            "/courses", content=b"x" * (2 << 20), headers={"Origin": "https://school.example"}
        )
    assert friend.headers["access-control-allow-origin"] == "https://school.example"
    assert "access-control-allow-credentials" not in friend.headers
    assert (stranger.status_code, "access-control-allow-origin" in stranger.headers) == (400, False)
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Date", "Location", "Link", "Preference-Applied", "Retry-After"} <= {*exposed.split(", ")}
    assert too_large.headers["access-control-allow-origin"] == "https://school.example"


async def test_without_origins_no_page_may_call(trial: Api) -> None:
    answer = await trial.client.get("/courses", headers={"Origin": "https://school.example"})
    assert "access-control-allow-origin" not in answer.headers


# One policy


async def test_another_policy_than_that_of_the_rows_does_not_start(
    settings: Settings, sessions: Sessions
) -> None:
    with pytest.raises(PolicyMismatch, match="edutrack rebuild --policy"):
        async with serving(settings.model_copy(update={"overlap": Overlap.ONCE}), COURSES):
            raise AssertionError("it started")


async def test_without_its_tables_it_does_not_start(settings: Settings, sessions: Sessions) -> None:
    empty = settings.database_url.get_secret_value().rpartition("/")[0] + "/postgres"
    with pytest.raises(start.SchemaMissing, match="edutrack db migrate"):
        async with serving(settings.model_copy(update={"database_url": SecretStr(empty)}), COURSES):
            raise AssertionError("it started")


@pytest.mark.parametrize("overlap", [Overlap.SUM, Overlap.ONCE])
async def test_a_database_that_comes_back_is_asked_for_its_policy_then(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, overlap: Overlap
) -> None:
    signals: list[int] = []
    monkeypatch.setattr(start, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(signal, "raise_signal", signals.append)
    away = settings.model_copy(
        update={
            "database_url": SecretStr("postgresql+asyncpg://edutrack@127.0.0.1:1/edutrack"),
            "overlap": overlap,
        }
    )
    async with serving(away, COURSES) as api:
        await asyncio.sleep(0.05)
        assert (await api.client.get("/courses")).status_code == 503
        api.state.sessions = sessions
        if overlap is Overlap.ONCE:
            await until(lambda: signals)
        else:
            await asyncio.sleep(0.05)
            assert not signals
        assert (await api.client.get("/courses")).status_code == 200


@pytest.mark.parametrize("path", ["/courses/health", "/courses", "/courses/99", "/nowhere"])
async def test_head_answers_as_get_does_without_the_content(api: Api, path: str) -> None:
    head, get = await api.client.head(path), await api.client.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("spelling", ["1.0", "+1", "%201", "01", "1_0", "1e0", "0x1", "%EF%BC%91"])
async def test_an_id_is_read_in_one_spelling_only(api: Api, spelling: str) -> None:
    answer = await api.client.get(f"/courses/{spelling}")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "id", "message": "Input should be a valid integer"}]
