"""Holding the settings' policy against the stored one when an API process starts."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import ProgrammingError

from api.state import State
from core.errors import EduTrackError, Unavailable
from core.policy_store import check_policy

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


class SchemaMissing(EduTrackError):
    """The tables are not there."""

    title = "The schema is missing"


@asynccontextmanager
async def policy_held(state: State) -> AsyncIterator[None]:
    """Refuse to run under another policy than the rows; a database that is away is asked when it is back.

    Raises:
        PolicyMismatch: the rows were computed under another one.
        SchemaMissing: there are no tables.

    """
    later: asyncio.Task[None] | None = None
    try:
        await _check(state)
    except Unavailable:
        later = asyncio.create_task(_check_later(state))
    try:
        yield
    finally:
        if later is not None:
            later.cancel()
            with suppress(asyncio.CancelledError):
                await later


async def _check(state: State) -> None:
    try:
        async with state.transaction() as session:
            await check_policy(session, state.policy)
    except ProgrammingError as error:
        raise SchemaMissing("the schema is missing or old: run `edutrack db migrate`") from error


async def _check_later(state: State) -> None:
    while True:
        await asyncio.sleep(RETRY_SECONDS)
        try:
            return await _check(state)
        except Unavailable:
            continue
        except EduTrackError as error:
            log.critical("stopping: %s", error)
            signal.raise_signal(signal.SIGTERM)
            return None
