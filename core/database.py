"""PostgreSQL for everyone: one engine a process, sessions whose edge owns the transaction."""

import asyncio
from contextlib import suppress

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from core.settings import Settings

STATEMENT_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_SECONDS = 2
POOL_TIMEOUT_SECONDS = 2
CLOSE_SECONDS = 2
SILENT_MS = 8_000
"""How long processes that serve may say nothing within a transaction. One whose connection died in silence
would hold its locks for ever otherwise; one that waits behind it takes as long again."""

AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What using a database that is away may raise: opening a connection raises what SQLAlchemy does not wrap."""

_LOCKED = "55P03"
_AWAY_STATES = ("08", "53", "57", "25006", "25P03", "40001", "40P01", _LOCKED)
"""SQLSTATE classes and codes after which the same request may succeed: connection, resources, operator,
read-only after a failover, a transaction that was silent for too long, serialization, deadlock, lock."""

Sessions = async_sessionmaker[AsyncSession]


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def make_engine(
    settings: Settings,
    *,
    pool_size: int = 5,
    application: str = "edutrack",
    silent_ms: int = 0,
    lock_ms: int = 0,
    pre_ping: bool = True,
) -> AsyncEngine:
    """Return an engine that connects lazily and notices dead connections before using them.

    Noticing takes three round trips (`pre_ping`): who tries again anyway is better off without.
    Sessions speak UTC, so that a timestamptz read back is an instant and nothing else. PostgreSQL
    ends those that say nothing within a transaction for longer than `silent_ms`, and statements that wait
    for a lock for longer than `lock_ms`, unless these are 0.
    """
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=pre_ping,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "server_settings": {
                "application_name": application,
                "timezone": "UTC",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(silent_ms),
                "lock_timeout": str(lock_ms),
            },
        },
    )


def is_away(error: BaseException) -> bool:
    """Say whether the same may succeed later, as opposed to what the database will never take."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if state:
        return state.startswith(_AWAY_STATES)
    if isinstance(error, DBAPIError):
        lost = isinstance(error, InterfaceError | OperationalError)
        return error.connection_invalidated or lost
    return isinstance(error, OSError | asyncpg.InterfaceError | PoolTimeout)


def is_locked(error: DBAPIError) -> bool:
    """Say whether a statement waited too long for what somebody else holds locked."""
    return getattr(error.orig, "sqlstate", None) == _LOCKED


async def close(engine: AsyncEngine) -> None:
    """Close the connections at a process's end; it waits no longer for those that died in silence."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await engine.dispose()


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Return a session factory; `async with sessions.begin() as session` is a transaction."""
    return async_sessionmaker(engine, expire_on_commit=False)
