"""One connection to the broker after another, for as long as a process runs."""

import asyncio
import logging
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
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
    ask_every: timedelta = timedelta(seconds=5)
    """Three missing heartbeats take over half a minute: a link that died in silence is noticed sooner."""
    answer_within: timedelta = timedelta(seconds=5)
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
                await _until_lost(use, connection, policy)
            log.warning("%s: the connection to the broker was lost", name)
        except LOST as error:
            log.warning("%s: no connection to the broker (%s)", name, _reason(error))
        await asyncio.sleep(policy.wait(failures))
        failures += 1


async def _until_lost(use: Use, connection: AbstractConnection, policy: LinkPolicy) -> None:
    asking = asyncio.create_task(_close_when_silent(connection, policy))
    try:
        async with cut_off(connection):
            await use(connection)
    finally:
        await end(asking)


@asynccontextmanager
async def cut_off(connection: AbstractConnection) -> AsyncIterator[None]:
    """Take whatever is raised on a connection that is gone for the loss of it.

    The library then raises bare `Exception` and `RuntimeError`, and cancellations nobody asked for.
    """
    try:
        with broken_off():
            yield
    except LOST:
        raise
    except Exception as error:
        if await _is_gone(connection):
            raise ConnectionResetError from error
        raise


@contextmanager
def broken_off() -> Iterator[None]:
    """Turn a cancellation nobody asked for into a lost connection.

    The library cancels what waits on a channel when that closes.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionResetError from error


async def _close_when_silent(connection: AbstractConnection, policy: LinkPolicy) -> None:
    """Ask something again and again; where no answer comes, close the connection, so that its user ends.

    A broker that blocks the connection by an alarm answers nothing either, and is waited for.
    """
    channel = connection.channel(publisher_confirms=False)
    while (transport := connection.transport) is not None:
        await asyncio.sleep(policy.ask_every.total_seconds())
        await transport.connection.ready()
        if not await _answers(channel, policy) and not await _is_blocked(connection):
            log.warning("the broker does not answer any more: closing the connection")
            await connection.close(ConnectionResetError())


async def _answers(channel: AbstractChannel, policy: LinkPolicy) -> bool:
    """Say whether the broker answers in time; that the connection is lost is not for us to say.

    Always on one channel, which has nothing else to do: the client library never forgets one that was opened.
    """
    try:
        async with asyncio.timeout(policy.answer_within.total_seconds()):
            if channel.is_closed:
                await channel.reopen()
            await channel.set_qos()
    except TimeoutError:
        return False
    except (*LOST, RuntimeError):
        return True
    return True


async def _is_blocked(connection: AbstractConnection) -> bool:
    transport = connection.transport
    if transport is None:
        return False
    try:
        async with asyncio.timeout(0):
            await transport.connection.ready()
    except TimeoutError:
        return True
    return False


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
    return in_background(keep_connected(url, name, use), name)


def in_background(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Run as a task what ends only when it is cancelled; if it ends otherwise, so does the process."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_crash)
    return task


def _crash(task: asyncio.Task[None]) -> None:
    if task.cancelling():
        return
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    log.critical("%s: stopping the process after an unexpected end", task.get_name(), exc_info=error)
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
        make_url(url, heartbeat=heartbeat), client_properties={"connection_name": name}
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
