"""Looking into the dead-letter queues, sending letters back, throwing them away. Owns `dead_letter_actions`.

While somebody looks, nobody else would see the letters; so people take turns.

What is done to a letter is written down before and ticked off after. A crash in between leaves the letter
where it was; sent back twice, it changes nothing the second time, because the log knows every event.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound, Unavailable
from core.locks import AdvisoryLock
from core.tables import DeadLetterAction
from events.boxes import Box
from events.letters import Letter, OpenLetter, id_of, open_letter, read
from events.link import LOST, cut_off, open_connection
from events.visit import ASK_EVERY_SECONDS, Visit, VisitPolicy

BROKER_AWAY = "the broker cannot be reached: try again soon"
BUSY = "the dead letters are being looked at: try again soon"
NO_SUCH_LETTER = "there is no such dead letter: it may have been replayed or dropped; list them again"

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
RETRY_AFTER = 2


class Action(StrEnum):
    """What can be done with a letter."""

    REPLAY = "replay"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a user of the API, or an account of the operating system; one of them."""

    user_id: int | None = None
    os_user: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The oldest letters of a queue, and how many there are in all."""

    letters: list[Letter]
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The letters something was done to (or would have been), and how many are left."""

    letters: list[Letter]
    left: int


class DeadLetters:
    """The dead-letter queues as somebody visits them. Every method connects, and may raise `Unavailable`."""

    def __init__(self, url: str, transaction: Transaction, policy: VisitPolicy) -> None:
        self._url = url
        self._transaction = transaction
        self._policy = policy

    async def look(self, box: Box) -> Seen:
        """Return the letters in the order in which they were first set aside."""
        async with self._visit(box) as visit:
            letters = [read(message, box) async for message in visit.take()]
        return Seen(sorted(letters, key=lambda letter: letter.order), visit.total)

    async def open(self, box: Box, letter_id: str) -> OpenLetter:
        """Return one letter with what is in it.

        Raises:
            NotFound: there is none with this id.

        """
        async with self._visit(box) as visit:
            async for message in visit.take():
                if id_of(message) == letter_id:
                    return open_letter(message, box)
        raise NotFound(NO_SUCH_LETTER)

    async def replay(
        self, box: Box, actor: Actor, letter_id: str | None = None, *, dry_run: bool = False
    ) -> Done:
        """Send letters to the queue they came from: one, or all that are there now.

        Raises:
            NotFound: there is none with this id.

        """
        return await self._act(Action.REPLAY, box, actor, letter_id, dry_run=dry_run)

    async def drop(self, box: Box, actor: Actor, letter_id: str, *, dry_run: bool = False) -> Done:
        """Throw a letter away for good.

        Raises:
            NotFound: there is none with this id.

        """
        return await self._act(Action.DROP, box, actor, letter_id, dry_run=dry_run)

    async def _act(
        self, action: Action, box: Box, actor: Actor, letter_id: str | None, *, dry_run: bool
    ) -> Done:
        letters: list[Letter] = []
        async with self._visit(box) as visit:
            async for batch in visit.choose(letter_id, keep=dry_run):
                found = [read(message, box) for message in batch]
                if not dry_run:
                    written = await self._write_down(action, box, actor, found)
                    await (visit.send_back if action is Action.REPLAY else visit.throw_away)(batch)
                    await self._tick_off(written)
                letters += found
        if letter_id is not None and not letters:
            raise NotFound(NO_SUCH_LETTER)
        return Done(letters, visit.total - (0 if dry_run else len(letters)))

    async def _write_down(
        self, action: Action, box: Box, actor: Actor, letters: Sequence[Letter]
    ) -> Sequence[int]:
        rows = [
            {
                "user_id": actor.user_id,
                "os_user": actor.os_user,
                "action": action.value,
                "queue": box.queue.name,
                "letter_id": letter.id,
                "reason": letter.reason,
                "size": letter.size,
                "digest": letter.digest,
            }
            for letter in letters
        ]
        async with self._transaction() as session:
            statement = insert(DeadLetterAction).returning(DeadLetterAction.id)
            return (await session.scalars(statement, rows)).all()

    async def _tick_off(self, written: Collection[int]) -> None:
        async with self._transaction() as session:
            chosen = update(DeadLetterAction).where(DeadLetterAction.id.in_(written))
            await session.execute(chosen.values(finished_at=func.clock_timestamp()))

    @asynccontextmanager
    async def _visit(self, box: Box) -> AsyncIterator[Visit]:
        """Look alone; whatever was not acknowledged is back in its place afterwards."""
        async with self._turn():
            try:
                async with (
                    asyncio.timeout(self._policy.within.total_seconds()) as limit,
                    await open_connection(self._url, "edutrack dead letters") as connection,
                    cut_off(connection),
                    connection.channel() as channel,
                ):
                    visit = await Visit(connection, channel, box, self._policy).begin()
                    if not visit.is_barred:
                        yield visit
                    limit.reschedule(
                        None
                    )  # cut short, the library closes the channel twice: a protocol error
            except LOST as error:
                raise Unavailable(BROKER_AWAY, retry_after=RETRY_AFTER) from error
            if visit.is_barred:
                raise Unavailable(BUSY, retry_after=RETRY_AFTER)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for the others, without a connection to the database in hand meanwhile."""
        give_up_at = time.monotonic() + self._policy.wait_for_turn.total_seconds()
        while True:
            async with self._transaction() as session:
                if await session.scalar(select(func.pg_try_advisory_xact_lock(AdvisoryLock.DEAD_LETTERS))):
                    yield
                    return
            if time.monotonic() > give_up_at:
                raise Unavailable(BUSY, retry_after=RETRY_AFTER)
            await asyncio.sleep(ASK_EVERY_SECONDS)
