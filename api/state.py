"""What a running API process has at hand, and what a service is made of."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import asyncpg
from fastapi import APIRouter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from starlette.responses import Response

from api.outage import Outage
from core.clock import Clock, utc_now
from core.database import SILENT_MS, Sessions, close, is_away, is_locked, make_engine, make_sessions
from core.errors import Unavailable
from core.policy import Policy
from core.security import Passwords, Tokens
from core.settings import Settings

DATABASE_AWAY = "the database cannot be reached: try again soon"
DATABASE_LOCKED = "something else holds what this is about just now: try again soon"

_Part = TypeVar("_Part")


class Dependency(StrEnum):
    """What a service may stand on; the names are those of the health answers."""

    DATABASE = "database"
    BROKER = "broker"
    REDIS = "redis"
    PROGRESS_WORKERS = "progress_workers"


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """How long the edge waits for what it stands on."""

    database: timedelta = timedelta(seconds=2)
    lock: timedelta = timedelta(seconds=2.5)
    """For what somebody else holds locked: PostgreSQL ends the wait, also of an answer that has begun."""
    redis: timedelta = timedelta(milliseconds=500)
    retry_after: int = 2
    """Seconds after which somebody who was refused may try again."""
    connections: int = 10


EDGE = EdgePolicy()


class BrokerWatch(Protocol):
    """What is known of the broker and of who consumes events."""

    @property
    def connected(self) -> bool: ...

    @property
    def consumers(self) -> int | None:
        """How many progress consumers are attached; None where that is not known."""

    @property
    def consumers_seen(self) -> bool:
        """Whether one has been attached since this process started."""


@dataclass(slots=True, kw_only=True)
class State:
    """One process's settings and connections. Connections open when they are first used.

    `parts` holds what services opened for themselves, by type.
    """

    settings: Settings
    policy: Policy
    clock: Clock
    engine: AsyncEngine
    sessions: Sessions
    redis: Redis
    passwords: Passwords
    tokens: Tokens
    broker_watch: BrokerWatch | None = None
    parts: dict[type[Any], Any] = field(default_factory=dict)
    on_shutdown: list[Callable[[], None]] = field(default_factory=list)
    """Called when the server takes no more requests, and what runs has some seconds left."""
    database_outage: Outage = field(default_factory=lambda: Outage("PostgreSQL", "requests are refused"))

    def part(self, kind: type[_Part]) -> _Part:
        """Return what a service opened."""
        found: _Part = self.parts[kind]
        return found

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Run one transaction; it commits where the block ends without an exception.

        Raises:
            Unavailable: the database is away, before, during or at the end, or keeps something locked.

        """
        try:
            async with self.sessions.begin() as session:
                await self._connect(session)
                yield session
        except DBAPIError as error:
            if is_locked(error):
                raise Unavailable(DATABASE_LOCKED, retry_after=EDGE.retry_after) from error
            if not is_away(error):
                raise
            self.database_outage.noticed(error)
            raise _database_away() from error

    async def _connect(self, session: AsyncSession) -> None:
        """Take a connection now: what opening one raises is not what statements raise."""
        try:
            async with asyncio.timeout(EDGE.database.total_seconds()):
                await session.connection()
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            self.database_outage.noticed(error)
            raise _database_away() from error
        self.database_outage.over()


RawHeaders = Sequence[tuple[bytes, bytes]]
"""As they came, names in lower case."""


@dataclass(frozen=True, slots=True)
class Road:
    """A shorter way to what the route for POSTs to `path` does, past the framework; see `api.fast`.

    `take` gets headers and the whole body. None says that the request is for the route to answer, and that
    nothing has been done; errors of ours that awaiting the answer raises are answered as everywhere.
    """

    path: str
    take: Callable[[RawHeaders, bytes, State], Awaitable[Response] | None]


@dataclass(frozen=True, slots=True)
class Service:
    """One part of the API, deployable alone.

    It cannot serve without what it `needs`, nor without one at least of what it `needs_one_of`; without what
    it `uses` it serves worse. `opens` makes what the service keeps while the process runs; its routes find it
    as `state.part(type)`.
    """

    name: str
    router: APIRouter
    needs: frozenset[Dependency]
    uses: frozenset[Dependency] = frozenset()
    needs_one_of: frozenset[Dependency] = frozenset()
    roads: Sequence[Road] = ()
    opens: Callable[[State], AbstractAsyncContextManager[object]] | None = None

    @property
    def stands_on(self) -> frozenset[Dependency]:
        """Everything it looks at."""
        return self.needs | self.needs_one_of | self.uses


@asynccontextmanager
async def open_state(
    settings: Settings, services: Sequence[Service], clock: Clock = utc_now
) -> AsyncIterator[State]:
    """Open what the services need, and close it in the opposite order. Waits for nothing that is away."""
    async with AsyncExitStack() as stack:
        state = _make_state(settings, clock)
        stack.callback(state.passwords.close)
        stack.push_async_callback(state.redis.aclose)
        stack.push_async_callback(close, state.engine)
        for service in services:
            if service.opens is not None:
                part = await stack.enter_async_context(service.opens(state))
                state.parts[type(part)] = part
        yield state


def _make_state(settings: Settings, clock: Clock) -> State:
    engine = make_engine(
        settings,
        pool_size=EDGE.connections,
        application="edutrack-api",
        silent_ms=SILENT_MS,
        lock_ms=EDGE.lock // timedelta(milliseconds=1),
    )
    return State(
        settings=settings,
        policy=settings.policy,
        clock=clock,
        engine=engine,
        sessions=make_sessions(engine),
        redis=_make_redis(settings),
        passwords=Passwords(),
        tokens=Tokens.from_settings(settings, clock),
    )


def _make_redis(settings: Settings) -> Redis:
    """Return a client that fails fast: nothing waits for Redis that could do without."""
    patience = EDGE.redis.total_seconds()
    return Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 1),
    )


def _database_away() -> Unavailable:
    return Unavailable(DATABASE_AWAY, retry_after=EDGE.retry_after)
