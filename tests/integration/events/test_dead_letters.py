"""Dead letters are looked at, sent back and dropped; none is lost by it, and none counts twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from aio_pika import Channel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.database import Sessions
from core.errors import NotFound, Unavailable
from core.policy import Policy
from core.tables import DeadLetterAction, ProgressEvent
from events.boxes import Box
from events.dead_letters import Actor, DeadLetters
from events.letters import NO_REASON
from events.sender import ATTEMPTS, FIRST_SEEN, REASON
from events.topology import DELIVERY_LIMIT, IMPORTS, PROGRESS, PROGRESS_DEAD_LETTERS
from events.visit import COMMAND, VisitPolicy
from tests.chaos.network import Wire
from tests.integration.events.test_round_trip import consuming
from tests.letters import NOON, WHY, dead, held, play, put, put_all, take_all
from tests.people import add_students, add_videos
from workers.watch_time.worker import handler

SOMEBODY = Actor(os_user="ops")
IMPATIENT = VisitPolicy(most=10, within=timedelta(seconds=3), wait_for_turn=timedelta(milliseconds=200))


@pytest.fixture
def letters(broker: str, sessions: Sessions) -> DeadLetters:
    return DeadLetters(broker, sessions.begin, COMMAND)


async def written_down(sessions: Sessions) -> list[DeadLetterAction]:
    async with sessions.begin() as session:
        return list(await session.scalars(select(DeadLetterAction).order_by(DeadLetterAction.id)))


async def names(letters: DeadLetters) -> list[str]:
    return [letter.id for letter in (await letters.look(Box.PROGRESS)).letters]


async def test_letters_say_why_they_are_there_oldest_first(letters: DeadLetters, broker: str) -> None:
    later = {**WHY, FIRST_SEEN: (NOON + timedelta(hours=1)).isoformat(), ATTEMPTS: 20}
    await put(broker, [play()], "later", later)
    await put(broker, [play(), play()], "earlier")
    seen = await letters.look(Box.PROGRESS)
    assert seen.total == 2
    assert [letter.id for letter in seen.letters] == ["earlier", "later"]
    earlier, last = seen.letters
    assert (earlier.reason, earlier.first_seen, earlier.attempts) == ("no such video: 9", NOON, 1)
    assert (earlier.events, earlier.came_from, last.attempts) == (2, PROGRESS.name, 20)


async def test_looking_more_often_than_a_message_may_be_delivered_loses_nothing(
    letters: DeadLetters, broker: str
) -> None:
    for name in ("a", "b", "c"):
        await put(broker, [play()], name)
    for _ in range(DELIVERY_LIMIT + 2):
        assert await names(letters) == ["a", "b", "c"]


async def test_an_open_letter_shows_its_events_as_they_travelled(letters: DeadLetters, broker: str) -> None:
    event = play()
    await put(broker, [event], "one")
    opened = await letters.open(Box.PROGRESS, "one")
    assert opened.events is not None
    assert [found["id"] for found in opened.events] == [str(event.event_id)]
    with pytest.raises(NotFound):
        await letters.open(Box.PROGRESS, "another")


async def test_what_is_no_batch_of_events_is_shown_as_harmless_text(
    letters: DeadLetters, broker: str
) -> None:
    await put(broker, b"\x1b[2J\xff not JSON", "\x1b]0;evil\x07", {REASON: "bad\x1b[31m", FIRST_SEEN: "soon"})
    await put(broker, b"", headers={})
    seen = (await letters.look(Box.PROGRESS)).letters
    assert len({letter.id for letter in seen}) == 2
    for letter in seen:
        opened = await letters.open(Box.PROGRESS, letter.id)
        assert opened.events is None
        assert opened.body is not None
        assert all(text.isprintable() for text in (letter.id, letter.reason, opened.body))
        assert letter.first_seen is None
    assert {letter.reason for letter in seen} == {"bad\\x1b[31m", NO_REASON}


async def test_one_letter_is_sent_back_and_the_others_stay(
    letters: DeadLetters, broker: str, sessions: Sessions
) -> None:
    event = play()
    await put(broker, [play()], "other")
    await put(broker, [event], "this")
    done = await letters.replay(Box.PROGRESS, SOMEBODY, "this")
    assert ([letter.id for letter in done.letters], done.left) == (["this"], 1)
    assert await names(letters) == ["other"]
    (sent,) = await take_all(broker, PROGRESS.name)
    assert str(event.event_id).encode() in sent.body
    assert not {REASON, ATTEMPTS} & sent.headers.keys()
    assert sent.headers[FIRST_SEEN] == NOON.isoformat()
    (action,) = await written_down(sessions)
    assert (action.action, action.letter_id, action.os_user) == ("replay", "this", "ops")
    assert (action.queue, action.reason) == (PROGRESS_DEAD_LETTERS.name, "no such video: 9")
    assert action.finished_at is not None


async def test_all_are_sent_back_once_though_they_fail_again(
    letters: DeadLetters, broker: str, sessions: Sessions, engine: AsyncEngine
) -> None:
    """Poison returns to the dead-letter queue while the replay goes on; it is not taken a second time."""
    await put_all(broker, [dead([play(user_id=10_000 + n)], f"letter-{n}") for n in range(250)])
    async with consuming(broker, handler(engine, Policy())):
        done = await letters.replay(Box.PROGRESS, SOMEBODY)
        assert len(done.letters) == 250
        async with asyncio.timeout(60):
            while (await letters.look(Box.PROGRESS)).total < 250:
                await asyncio.sleep(0.2)
    assert len(await written_down(sessions)) == 250
    again = (await letters.look(Box.PROGRESS)).letters
    assert {(letter.first_seen, letter.replays) for letter in again} == {(NOON, 1)}


async def test_what_was_applied_meanwhile_changes_nothing_when_it_is_sent_back(
    letters: DeadLetters, broker: str, sessions: Sessions, engine: AsyncEngine
) -> None:
    async with sessions.begin() as session:
        (student,) = await add_students(session, 1)
        (video,) = await add_videos(session, 1)
    event = play(student, video)
    for name in ("once", "twice"):
        await put(broker, [event], name)
    async with consuming(broker, handler(engine, Policy())):
        await letters.replay(Box.PROGRESS, SOMEBODY)
        await until_logged(sessions, 1)
        await put(broker, [event], "thrice")
        await letters.replay(Box.PROGRESS, SOMEBODY, "thrice")
        await asyncio.sleep(0.5)
    assert await logged(sessions) == [event.event_id]
    assert await names(letters) == []
    assert await take_all(broker, PROGRESS.name) == []


async def logged(sessions: Sessions) -> list[object]:
    async with sessions.begin() as session:
        return list(await session.scalars(select(ProgressEvent.event_id)))


async def until_logged(sessions: Sessions, how_many: int) -> None:
    async with asyncio.timeout(10):
        while len(await logged(sessions)) < how_many:
            await asyncio.sleep(0.05)


async def test_dropping_leaves_a_trace(letters: DeadLetters, broker: str, sessions: Sessions) -> None:
    await put(broker, b"rubbish", "this")
    (letter,) = (await letters.look(Box.PROGRESS)).letters
    done = await letters.drop(Box.PROGRESS, SOMEBODY, "this")
    assert done.left == 0
    assert await names(letters) == []
    assert await take_all(broker, PROGRESS.name) == []
    (action,) = await written_down(sessions)
    assert (action.action, action.digest, action.size) == ("drop", letter.digest, len(b"rubbish"))


async def test_a_dry_run_does_nothing(letters: DeadLetters, broker: str, sessions: Sessions) -> None:
    await put(broker, [play()], "this")
    replayed = await letters.replay(Box.PROGRESS, SOMEBODY, dry_run=True)
    dropped = await letters.drop(Box.PROGRESS, SOMEBODY, "this", dry_run=True)
    assert [letter.id for letter in (*replayed.letters, *dropped.letters)] == ["this", "this"]
    assert (replayed.left, dropped.left) == (1, 1)
    assert await names(letters) == ["this"]
    assert await written_down(sessions) == []


async def test_nothing_is_written_down_about_a_letter_that_is_not_there(
    letters: DeadLetters, sessions: Sessions
) -> None:
    with pytest.raises(NotFound):
        await letters.replay(Box.PROGRESS, SOMEBODY, "none")
    with pytest.raises(NotFound):
        await letters.drop(Box.PROGRESS, SOMEBODY, "none")
    assert await written_down(sessions) == []


@asynccontextmanager
async def cut_at(broker: str, word: bytes) -> AsyncIterator[Wire]:
    parts = urlsplit(broker)
    wire = Wire(str(parts.hostname), parts.port or 0)
    wire.mend()
    wire.cut_at(word)
    try:
        yield wire
    finally:
        wire.cut()


async def test_a_connection_that_breaks_before_the_confirm_leaves_the_letter_where_it_is(
    letters: DeadLetters, broker: str, sessions: Sessions
) -> None:
    """The first time it breaks before the broker has the message, the second time just after."""
    marked = play()
    await put(broker, [marked], "this")
    async with cut_at(broker, str(marked.event_id).encode()) as wire:
        through = DeadLetters(wire.url(broker), sessions.begin, COMMAND)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await through.replay(Box.PROGRESS, SOMEBODY, "this")
            assert await names(letters) == ["this"]
        assert wire.cuts == 2
    assert [action.finished_at for action in await written_down(sessions)] == [None, None]
    assert len(await take_all(broker, PROGRESS.name)) == 1


async def test_people_take_turns(broker: str, sessions: Sessions) -> None:
    letters = DeadLetters(broker, sessions.begin, COMMAND)
    for name in ("a", "b"):
        await put(broker, [play()], name)
    seen = await asyncio.gather(*(letters.look(Box.PROGRESS) for _ in range(4)))
    assert [[letter.id for letter in each.letters] for each in seen] == [["a", "b"]] * 4
    async with letters._turn():
        with pytest.raises(Unavailable) as refused:
            await DeadLetters(broker, sessions.begin, IMPATIENT).look(Box.PROGRESS)
    assert refused.value.retry_after


async def test_letters_the_broker_has_not_got_back_yet_are_not_gone(broker: str, sessions: Sessions) -> None:
    letters = DeadLetters(broker, sessions.begin, IMPATIENT)
    await put(broker, [play()], "this")
    async with held(broker) as holding:
        for look in (letters.look(Box.PROGRESS), letters.open(Box.PROGRESS, "this")):
            with pytest.raises(Unavailable, match="being looked at") as refused:
                await look
            assert refused.value.retry_after
        patient = asyncio.create_task(names(DeadLetters(broker, sessions.begin, COMMAND)))
        await asyncio.sleep(0.5)
        await holding.close()
        assert await patient == ["this"]


async def test_the_time_for_looking_is_not_that_for_going(
    broker: str, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes when the time runs out has seen what there is; a close that is cut short breaks the connection."""
    close, hurried = Channel.close, replace(IMPATIENT, within=timedelta(seconds=2))

    async def close_late(channel: Channel, *arguments: Any) -> None:
        await asyncio.sleep(hurried.within.total_seconds())
        await close(channel, *arguments)

    await put(broker, [play()], "this")
    monkeypatch.setattr(Channel, "close", close_late)
    assert await names(DeadLetters(broker, sessions.begin, hurried)) == ["this"]


async def fail_while_looking(letters: DeadLetters, *, connected: bool) -> None:
    async with letters._visit(Box.PROGRESS) as visit:
        if not connected:
            await visit._connection.close()
        raise RuntimeError("closed")


async def test_whatever_is_raised_on_a_lost_connection_is_the_broker_away(letters: DeadLetters) -> None:
    with pytest.raises(Unavailable, match="broker"):
        await fail_while_looking(letters, connected=False)
    with pytest.raises(RuntimeError, match="closed"):
        await fail_while_looking(letters, connected=True)


async def test_no_more_is_looked_at_than_the_policy_says(broker: str, sessions: Sessions) -> None:
    await put_all(broker, [dead([play()], f"letter-{number:02}") for number in range(12)])
    seen = await DeadLetters(broker, sessions.begin, IMPATIENT).look(Box.PROGRESS)
    assert (len(seen.letters), seen.total) == (IMPATIENT.most, 12)


async def test_a_task_goes_back_with_what_makes_it_a_task(letters: DeadLetters, broker: str) -> None:
    task = {"task": "edutrack.import", "id": "1", "x-death": "what the broker wrote"}
    await put(broker, b"[[], {}, {}]", "task", task, Box.IMPORTS)
    assert await names(letters) == []
    await letters.replay(Box.IMPORTS, SOMEBODY, "task")
    (sent,) = await take_all(broker, IMPORTS.name)
    assert {name: sent.headers[name] for name in ("task", "id")} == {"task": "edutrack.import", "id": "1"}
    assert "x-death" not in sent.headers
    assert sent.content_type == "application/cloudevents-batch+json"


async def test_without_a_broker_it_says_so(sessions: Sessions) -> None:
    nowhere = DeadLetters("amqp://guest@127.0.0.1:1/", sessions.begin, COMMAND)
    with pytest.raises(Unavailable, match="broker"):
        await nowhere.look(Box.PROGRESS)
