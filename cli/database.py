"""One transaction for commands that change a few rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_Result = TypeVar("_Result")


def in_transaction(work: "Callable[[AsyncSession], Awaitable[_Result]]") -> _Result:
    """Run `work` on the database of the settings and commit what it did.

    Raises:
        Unavailable: the database cannot be reached.

    """
    return asyncio.run(_in_transaction(work))


async def _in_transaction(work: "Callable[[AsyncSession], Awaitable[_Result]]") -> _Result:
    import asyncpg
    from sqlalchemy.exc import SQLAlchemyError

    from core.database import make_engine, make_sessions
    from core.errors import Unavailable
    from core.settings import load_settings

    engine = make_engine(load_settings(), pool_size=1, application="edutrack-cli")
    try:
        async with make_sessions(engine).begin() as session:
            try:
                await session.connection()
            except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
                raise Unavailable(
                    f"the database cannot be reached ({type(error).__name__}): is the stack up?"
                ) from error
            return await work(session)
    finally:
        await engine.dispose()
