"""How long it takes from the answer to an event until its row can be read, asked from outside."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag
from uuid import UUID, uuid4

import asyncpg
import httpx

from bench.stage import Served, Site
from core.clock import utc_now

EVERY_SECONDS = 0.1
LOOK_SECONDS = 0.005
GIVE_UP_SECONDS = 20
CONNECTIONS = 4
PROBES = range(4_001, 4_101)
"""Students of a site who take no part in its load: what they send is always the latest they sent."""

_VISIBLE = "SELECT EXISTS (SELECT FROM progress_events WHERE user_id = $1 AND event_id = $2)"


@dataclass
class Lags:
    """Seconds from answer to visible row, in the order of the answers; `inf` where the row did not come."""

    seconds: list[float] = field(default_factory=list)


@contextmanager
def probing(site: Site, served: Served) -> Iterator[Lags]:
    """Send an event each tenth of a second while the block lasts, and look for its row until it is there."""
    stopped, lags = Flag(), Lags()
    with ThreadPoolExecutor(max_workers=1) as pool:
        probes = pool.submit(lambda: asyncio.run(_probe(site, served.url, stopped)))
        try:
            yield lags
        finally:
            stopped.set()
            lags.seconds = probes.result()


async def _probe(site: Site, url: str, stopped: Flag) -> list[float]:
    tokens = [(student, site.token(student)) for student in PROBES]
    async with (
        httpx.AsyncClient(base_url=url, timeout=GIVE_UP_SECONDS) as client,
        asyncpg.create_pool(site.database_url, min_size=CONNECTIONS, max_size=CONNECTIONS) as database,
    ):
        running: list[asyncio.Task[float]] = []
        while not stopped.is_set():
            student, token = tokens[len(running) % len(tokens)]
            running.append(asyncio.create_task(_lag(client, database, student, token)))
            await asyncio.sleep(EVERY_SECONDS)
        return await asyncio.gather(*running)


async def _lag(client: httpx.AsyncClient, database: asyncpg.Pool, student: int, token: str) -> float:
    event_id = uuid4()
    now = utc_now().isoformat()
    event = {"video_id": 1, "kind": "heartbeat", "occurred_at": now, "event_id": str(event_id)}
    headers = {"Authorization": f"Bearer {token}", "Prefer": "respond-async"}
    (await client.post("/progress", json=event, headers=headers)).raise_for_status()
    answered = time.perf_counter()
    return await _until_visible(database, student, event_id, answered)


async def _until_visible(database: asyncpg.Pool, student: int, event_id: UUID, answered: float) -> float:
    while (waited := time.perf_counter() - answered) < GIVE_UP_SECONDS:
        if await database.fetchval(_VISIBLE, student, event_id):
            return waited
        await asyncio.sleep(LOOK_SECONDS)
    return float("inf")
