"""How a batch speaks to the database: in few statements, each of which stays quick however much is stored."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions, make_sessions
from core.policy import Policy
from core.settings import Settings
from events.schemas import Event, Heartbeat, Pause, Play
from tests.people import add_students, add_videos
from workers.watch_time.service import WatchTime
from workers.watch_time.worker import worker_engine

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
STUDENTS, SITTINGS = 400, 25
GROWING = {"progress_events", "players", "progress", "attendance"}
ROUND_TRIPS = 10
"""BEGIN, two locks, a look; log, standing; progress, attendance, players; COMMIT."""

FILLED = (
    f"""
    INSERT INTO progress_events (user_id, event_id, video_id, session_id, kind, occurred_at, received_at)
    SELECT u, gen_random_uuid(), n % 3 + 1, 's' || n, k, timestamptz '{NOON}' - n * INTERVAL '1 day'
           - k * INTERVAL '1 minute', now()
    FROM generate_series(1, {STUDENTS}) u, generate_series(1, {SITTINGS}) n, generate_series(0, 2) k
    """,
    """
    INSERT INTO players (user_id, video_id, session_id, last_at, last_kind, last_event_id)
    SELECT DISTINCT ON (user_id, video_id, session_id) user_id, video_id, session_id, occurred_at, kind, event_id
    FROM progress_events ORDER BY user_id, video_id, session_id, occurred_at DESC
    """,
    """
    INSERT INTO progress (user_id, video_id, date, watch_time)
    SELECT DISTINCT user_id, video_id, CAST(occurred_at AS date), INTERVAL '2 minutes' FROM progress_events
    """,
    """
    INSERT INTO attendance (user_id, date, status, total_time, overlap_time)
    SELECT user_id, date, 'present', INTERVAL '2 minutes', INTERVAL '0' FROM progress
    ON CONFLICT DO NOTHING
    """,
    "ANALYZE",
)


@pytest.fixture
async def engine_of_a_worker(settings: Settings, sessions: Sessions) -> AsyncIterator[AsyncEngine]:
    """A worker's engine, on the database of a school that has been at it for a while."""
    async with sessions.begin() as session:
        await add_students(session, STUDENTS)
        await add_videos(session, 3)
        for statement in FILLED:
            await session.execute(text(statement))
    engine = worker_engine(settings)
    yield engine
    await engine.dispose()


def sitting(user_id: int, begun: datetime = NOON) -> list[Event]:
    told: dict[str, Any] = {"user_id": user_id, "video_id": 1, "session_id": "now", "received_at": NOON}
    return [
        Play(event_id=uuid4(), at=begun, **told),
        Heartbeat(event_id=uuid4(), at=begun + timedelta(seconds=30), **told),
        Pause(event_id=uuid4(), at=begun + timedelta(seconds=50), **told),
    ]


async def test_a_batch_in_order_takes_so_many_round_trips(engine_of_a_worker: AsyncEngine) -> None:
    """The driver's log has what it runs unprepared: BEGIN, COMMIT and whatever else nobody asked for."""
    asked: list[str] = []

    def connected(connection: Any, _record: object) -> None:
        connection.driver_connection.add_query_logger(lambda record: asked.append(record.query))

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine_of_a_worker.sync_engine, "connect", connected)
    event.listen(engine_of_a_worker.sync_engine, "after_cursor_execute", executed)
    watch_time = WatchTime(make_sessions(engine_of_a_worker), Policy())
    for hour in range(2):
        asked.clear()
        batch = [each for user in (1, 2, 3) for each in sitting(user, NOON + timedelta(hours=hour))]
        await watch_time.apply(batch, awaited=False)
    assert len(asked) == ROUND_TRIPS, "\n".join(asked)


async def test_no_statement_of_a_batch_reads_a_growing_table_from_end_to_end(
    engine_of_a_worker: AsyncEngine,
) -> None:
    """Neither planned for the values at hand nor for any: after five times PostgreSQL may plan for any."""
    asked: dict[str, tuple[Any, ...]] = {}

    def listen(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.setdefault(statement, values)

    event.listen(engine_of_a_worker.sync_engine, "before_cursor_execute", listen)
    watch_time = WatchTime(make_sessions(engine_of_a_worker), Policy())
    in_order, late = sitting(1), sitting(2, NOON - timedelta(days=3, seconds=90))
    for batch in ([*in_order, *late], [*in_order, *late]):
        await watch_time.apply(batch)
    assert len(asked) > ROUND_TRIPS
    async with engine_of_a_worker.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        for statement, values in asked.items():
            for plan in [await planned_for(raw, statement, values), await planned_for_any(raw, statement)]:
                assert not GROWING & set(read_whole(plan)), statement


async def planned_for(raw: Any, statement: str, values: tuple[Any, ...]) -> Any:
    return await raw.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)


async def planned_for_any(raw: Any, statement: str) -> Any:
    await raw.execute("SET plan_cache_mode = force_generic_plan")
    await raw.execute(f"PREPARE any_values AS {statement}")
    types = await raw.fetchval("SELECT parameter_types FROM pg_prepared_statements WHERE name = 'any_values'")
    values = f"({', '.join(['NULL'] * len(types))})" if types else ""
    try:
        return await raw.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE any_values {values}")
    finally:
        await raw.execute("DEALLOCATE any_values")


def read_whole(plan: Any) -> Iterator[str]:
    """Yield the tables that a plan reads from end to end."""
    if isinstance(plan, list):
        for part in plan:
            yield from read_whole(part)
    elif isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for part in plan.values():
            yield from read_whole(part)
