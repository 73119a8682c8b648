"""The tasks of the import worker, by name."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.retry
from celery import Celery
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.clock import Clock, utc_now
from core.database import SILENT_MS, close, make_engine, make_sessions
from core.imports.live import announce
from core.pulse import show_sign_of_life
from core.settings import Settings
from events.tasks import IMPORT_PLAYLIST
from workers.playlist_import.engine import Engine
from workers.playlist_import.sources.choose import choose_source

log = logging.getLogger(__name__)

SIGN_OF_LIFE = "workers.sign_of_life"

REDIS_WITHIN = timedelta(seconds=0.5)
CONNECTIONS = 2
"""One import works on one, and shows on the other that it lives."""

MustStop = Callable[[], bool]


def register(app: Celery, settings: Settings, must_stop: MustStop, clock: Clock = utc_now) -> None:
    """Add every task to an application; `must_stop` says, in every process of a worker, that it is to end."""
    client = redis.Redis.from_url(
        settings.redis_url.get_secret_value(), **_impatient(), retry=Retry(NoBackoff(), 0)
    )

    def sign_of_life() -> None:
        try:
            show_sign_of_life(client, clock())
        except redis.RedisError as error:
            log.warning("no sign of life: Redis is away (%s)", type(error).__name__)

    def import_playlist(import_id: int) -> None:
        parent = os.getppid()
        with soft_limit() as reached:
            asyncio.run(
                run_import(settings, import_id, lambda: must_stop() or reached() or os.getppid() != parent)
            )

    app.task(name=SIGN_OF_LIFE, shared=False, Strategy="workers.celery_consumer:at_once")(sign_of_life)
    app.task(name=IMPORT_PLAYLIST, shared=False)(import_playlist)


async def run_import(settings: Settings, import_id: int, must_stop: MustStop) -> None:
    """Run one import with connections of its own."""
    engine = make_engine(settings, pool_size=CONNECTIONS, application="edutrack-imports", silent_ms=SILENT_MS)
    client = redis.asyncio.Redis.from_url(
        settings.redis_url.get_secret_value(),
        **_impatient(),
        retry=redis.asyncio.retry.Retry(NoBackoff(), 0),
    )
    try:
        source = choose_source(settings)
        tell = partial(announce, client)
        await Engine(make_sessions(engine), source, tell, must_stop=must_stop).run(import_id)
    finally:
        await client.aclose()
        await close(engine)


@contextmanager
def soft_limit() -> Iterator[MustStop]:
    """Say whether Celery's soft time limit is reached, instead of raising that anywhere in the event loop."""
    reached: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: reached.append(number))
    try:
        yield lambda: bool(reached)
    finally:
        signal.signal(signal.SIGUSR1, before)


def _impatient() -> dict[str, Any]:
    seconds = REDIS_WITHIN.total_seconds()
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds}
