"""The progress worker's process: consumes events and applies them until it is told to stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from os import getpid

import asyncpg
import uvloop
from redis.asyncio import Redis
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import AWAY, SILENT_MS, Sessions, close, make_engine, make_sessions
from core.garbage import collect_rarely
from core.logs import configure_logging
from core.metrics import serve_metrics
from core.policy import Policy
from core.policy_store import check_policy
from core.settings import Settings
from events.applying import PARTS, Busy, Handler, Invalid
from events.consumer import Consumer
from events.flow import FlowMeter
from events.link import LINK
from events.schemas import Applied, Event
from events.sender import Sender
from workers.watch_time.service import WatchTime

log = logging.getLogger(__name__)

READ_ONLY = "25006"
_NEVER = ("22", "23")
"""SQLSTATE classes of values that no retry makes fit: data exceptions and broken constraints."""


@dataclass(frozen=True, slots=True)
class ApplyPolicy:
    """How long a transaction may take before its connection is taken for dead.

    Short at first, because a connection that died in silence says nothing for ever; then longer each time,
    so that a database that is only slow gets done.
    """

    within: timedelta = timedelta(seconds=12)
    within_at_most: timedelta = timedelta(seconds=100)
    redis: timedelta = timedelta(seconds=2)


APPLYING = ApplyPolicy()


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; then finish the batch at hand, commit, acknowledge and return.

    Raises:
        PolicyMismatch: the rows are under another policy than the settings.

    """
    configure_logging(settings)
    serve_metrics(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings))


async def _work(settings: Settings) -> None:
    engine = worker_engine(settings)
    patience = APPLYING.redis.total_seconds()
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(), socket_timeout=patience, socket_connect_timeout=patience
    )
    meter = FlowMeter(redis, holder=f"{socket.gethostname()}:{getpid()}")
    sender = Sender(settings.amqp_url.get_secret_value())
    handle = handler(engine, settings.policy)
    consumer = Consumer(settings.amqp_url.get_secret_value(), handle, sender, meter=meter)
    started = asyncio.create_task(_start(make_sessions(engine), settings.policy))

    def stop() -> None:
        consumer.stop()
        started.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await started
        await meter.start()
        await sender.start()
        collect_rarely()
        await consumer.run()
    except asyncio.CancelledError:
        log.info("stopped before the database was there")
    finally:
        await sender.stop()
        await meter.stop()
        await redis.aclose()
        await close(engine)


def worker_engine(settings: Settings) -> AsyncEngine:
    """Return the engine of a progress worker, whose batches are tried again where a connection was dead."""
    return make_engine(
        settings,
        pool_size=PARTS.most,
        application="edutrack-progress-worker",
        silent_ms=SILENT_MS,
        pre_ping=False,
    )


def handler(engine: AsyncEngine, policy: Policy, applying: ApplyPolicy = APPLYING) -> Handler:
    """Return what applies a batch and tells what may succeed later from what never will."""
    watch_time = WatchTime(make_sessions(engine), policy)
    within = applying.within

    async def handle(events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        nonlocal within
        try:
            async with asyncio.timeout(within.total_seconds()):
                answers = await watch_time.apply(events, awaited=awaited)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or ""
            if state.startswith(_NEVER):
                raise Invalid(f"the database refuses it with SQLSTATE {state}") from error
            if state == READ_ONLY:  # a former primary: its connections stay read-only for ever
                await engine.dispose()
            raise Busy(f"the database cannot commit now ({type(error.orig).__name__})") from error
        except TimeoutError as error:
            seconds, within = within.total_seconds(), min(2 * within, applying.within_at_most)
            raise Busy(f"the database did not answer within {seconds:.0f} s") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise Busy(f"the database is away ({type(error).__name__})") from error
        within = applying.within
        return answers

    return handle


async def _start(sessions: Sessions, policy: Policy) -> None:
    """Hold the settings' policy against the stored one as soon as the database answers."""
    tries = 0
    while True:
        try:
            async with asyncio.timeout(APPLYING.within.total_seconds()), sessions.begin() as session:
                await check_policy(session, policy)
        except AWAY as error:
            log.warning("waiting for the database and its schema (%s)", type(error).__name__)
            await asyncio.sleep(LINK.wait(tries))
            tries += 1
        else:
            return
