"""The database of the settings, for commands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from core.database import Sessions
    from core.settings import Settings

_Result = TypeVar("_Result")


def in_transaction(work: "Callable[[AsyncSession], Awaitable[_Result]]") -> _Result:
    """Run `work` on the database of the settings and commit what it did.

    Raises:
        Unavailable: the database cannot be reached.

    """
    return asyncio.run(_in_transaction(work))


async def _in_transaction(work: "Callable[[AsyncSession], Awaitable[_Result]]") -> _Result:
    async with reached("edutrack-cli") as (sessions, _), sessions.begin() as session:
        return await work(session)


@asynccontextmanager
async def reached(application: str) -> "AsyncIterator[tuple[Sessions, Settings]]":
    """Yield sessions on the database, and the settings it is of.

    Raises:
        Unavailable: the database cannot be reached.

    """
    import asyncpg
    from sqlalchemy.exc import SQLAlchemyError

    from core.database import make_engine, make_sessions
    from core.errors import Unavailable
    from core.settings import load_settings

    settings = load_settings()
    engine = make_engine(settings, application=application)
    try:
        try:
            async with engine.connect():
                pass
        except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
            raise Unavailable(
                f"the database cannot be reached ({type(error).__name__}): is the stack up?"
            ) from error
        yield make_sessions(engine), settings
    finally:
        await engine.dispose()
