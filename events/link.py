"""One connection to the broker after another, for as long as a process runs."""

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

log = logging.getLogger(__name__)

LOST = (AMQPError, ChannelInvalidStateError, OSError)
"""What using a connection that breaks may raise; a `TimeoutError` is an `OSError`."""

CANCEL_AGAIN_SECONDS = 0.5
GONE_WITHIN_SECONDS = 1
"""A connection that fails is marked as closed a little later."""

Use = Callable[[AbstractConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """How soon a dead broker is noticed and how often it is tried again.

    The client library's own reconnects come every 5 seconds from every process at once and have lost
    consumers; these are jittered, and everything is declared anew on each connection.
    """

    heartbeat: timedelta = timedelta(seconds=10)
    connect_within: timedelta = timedelta(seconds=5)
    shortest_wait: timedelta = timedelta(milliseconds=200)
    longest_wait: timedelta = timedelta(seconds=5)

    def wait(self, failures: int) -> float:
        """Return seconds before the next try: doubling up to the longest, half of it random."""
        longest = self.longest_wait.total_seconds()
        wait = min(self.shortest_wait.total_seconds() * 2.0 ** min(failures, 16), longest)
        jitter: float = random.uniform(0.5, 1)  # noqa: S311 - spreads load, keeps no secret
        return wait * jitter


LINK = LinkPolicy()


async def keep_connected(url: str, name: str, use: Use, policy: LinkPolicy = LINK) -> None:
    """Run `use` on one connection after another; it returns or raises what is in `LOST` when one is lost.

    Ends only by cancellation, or by what `use` raises beyond `LOST`. `name` is what ops see in the broker.
    """
    failures = 0
    while True:
        try:
            async with await open_connection(url, name, policy) as connection:
                log.info("%s: connected to the broker", name)
                failures = 0
                await _until_lost(use, connection)
            log.warning("%s: the connection to the broker was lost", name)
        except LOST as error:
            log.warning("%s: no connection to the broker (%s)", name, _reason(error))
        await asyncio.sleep(policy.wait(failures))
        failures += 1


async def _until_lost(use: Use, connection: AbstractConnection) -> None:
    """Run `use`, and take whatever it raises on a connection that is gone for the loss of it.

    The library then raises bare `Exception` and `RuntimeError`, and cancellations nobody asked for.
    """
    try:
        await use(connection)
    except LOST:
        raise
    except asyncio.CancelledError as error:
        if _is_wanted():
            raise
        raise ConnectionResetError from error
    except Exception as error:
        if await _is_gone(connection):
            raise ConnectionResetError from error
        raise


def _is_wanted() -> bool:
    """Say whether somebody has asked this task to end."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def _is_gone(connection: AbstractConnection) -> bool:
    """Say whether a connection is closed, or is just being closed."""
    transport = connection.transport
    if transport is None or transport.connection.is_closed:
        return True
    try:
        async with asyncio.timeout(GONE_WITHIN_SECONDS):
            await connection.closed()
    except TimeoutError:
        return False
    return True


def connect_in_background(url: str, name: str, use: Use) -> asyncio.Task[None]:
    """Run `keep_connected` as a task. What it raises is a bug and ends the process.

    Whoever keeps the process up starts it anew; half a process would go on answering that all is well.
    """
    task = asyncio.create_task(keep_connected(url, name, use), name=name)
    task.add_done_callback(_crash)
    return task


def _crash(link: asyncio.Task[None]) -> None:
    if not link.cancelled() and (error := link.exception()) is not None:
        log.critical("%s: stopping the process after an unexpected error", link.get_name(), exc_info=error)
        signal.raise_signal(signal.SIGTERM)


async def disconnect(link: asyncio.Task[None] | None) -> None:
    """End what `keep_connected` runs in, and return once it has ended.

    Raises:
        Exception: what it had ended by.

    """
    if link is None:
        return
    await end(link)
    if not link.cancelled():
        link.result()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended: the client library swallows some cancellations."""
    while unfinished := {task for task in tasks if not task.done()}:
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished, timeout=CANCEL_AGAIN_SECONDS)


async def lost(connection: AbstractConnection, channel: AbstractChannel) -> None:
    """Return once the channel, or its connection, is closed."""
    gone = [asyncio.ensure_future(connection.closed()), asyncio.ensure_future(channel.closed())]
    try:
        await asyncio.wait(gone, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in gone:
            future.cancel()


async def open_connection(url: str, name: str, policy: LinkPolicy = LINK) -> AbstractConnection:
    """Connect once.

    One that cannot be opened is closed here: the library leaves that to the garbage collector, at a moment
    when no loop may be running.

    Raises:
        LOST: the broker cannot be reached, or not within the policy's time.

    """
    heartbeat = int(policy.heartbeat.total_seconds())
    connection = aio_pika.Connection(
        make_url(url), heartbeat=heartbeat, client_properties={"connection_name": name}
    )
    try:
        async with asyncio.timeout(policy.connect_within.total_seconds()):
            await connection.connect()
    except BaseException as error:
        await connection.close()
        if isinstance(error, StopAsyncIteration):  # where the other side hangs up meanwhile
            raise ConnectionResetError from error
        raise
    return connection


def _reason(error: BaseException) -> str:
    """Return what went wrong; a library's text could contain the URL, and with it the password."""
    code = getattr(error, "errno", None) or getattr(error, "reply_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
