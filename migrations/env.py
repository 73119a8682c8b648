"""Alembic's entry: runs the migrations over the engine of `core.database`."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

import core.tables  # noqa: F401  fills the metadata
from core.database import Base, make_engine
from core.locks import AdvisoryLock
from core.settings import load_settings


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": AdvisoryLock.MIGRATION})
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


async def _run_online() -> None:
    settings = context.config.attributes.get("settings") or load_settings()
    engine = make_engine(settings, pool_size=1, application="edutrack-migrate")
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_run_online())
