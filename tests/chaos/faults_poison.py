"""Messages nobody can apply, among good ones."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import aio_pika

from events.schemas import CONTENT_TYPE, Event, Play, encode
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from stack.waiting import poll
from tests.chaos.fault import Scene, fault
from tests.chaos.invariants import names_of
from tests.chaos.ledger import Answer, Outcome
from tests.chaos.load import Load, make_event
from tests.chaos.worker import DEADLY

MATES = 9
ONE_IN = 1_000
BUSY = Load(pause_seconds=0.02)


@fault("poison of three kinds, 1:1000", load=BUSY, accepting=True, short=True)
def poison(scene: Scene) -> None:
    asyncio.run(_publish(scene, rounds=1))
    enough = ONE_IN * len(scene.ledger.poison)
    if not poll(lambda: len(scene.ledger.entries) >= enough, seconds=30):
        scene.problems.append(f"too little was sent for poison to be one in {ONE_IN}")


@fault("poison, more of it", accepting=True)
def more_poison(scene: Scene) -> None:
    asyncio.run(_publish(scene, rounds=3))


async def _publish(scene: Scene, rounds: int) -> None:
    """Publish past the API, which would refuse them, and wait until each lies where it belongs."""
    random = Random(rounds)
    async with await aio_pika.connect(scene.stage.amqp_url) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(PROGRESS.exchange.name, ensure=False)
        for _ in range(rounds):
            await exchange.publish(_message(_undecodable(scene)), PROGRESS.routing_key)
            for event in _poisonous(scene):
                mates = _mates(scene, random)
                attempt = scene.ledger.sending(mates)
                await exchange.publish(
                    _message(encode([*mates[:5], event, *mates[5:]])), PROGRESS.routing_key
                )
                scene.ledger.answered(attempt, mates, Answer(Outcome.ACCEPTED, 0.0))
                await asyncio.sleep(1)
    aside = await asyncio.to_thread(
        poll, lambda: _dead_letters(scene) >= len(scene.ledger.poison), seconds=60
    )
    if not aside:
        scene.problems.append("poison was still not set aside after 60 s")


def _undecodable(scene: Scene) -> bytes:
    body = f'[{{"specversion": "1.0", "id": "{uuid4()}"'.encode()
    scene.ledger.poison.update(names_of(body))
    return body


def _poisonous(scene: Scene) -> Iterator[Event]:
    """Yield an event of nobody, one of no video, and one that ends whoever takes it."""
    user_id = scene.students[0].user_id
    for event in (
        _play(user_id=2**40, video_id=1),
        _play(user_id=user_id, video_id=2**40),
        _play(user_id=user_id, video_id=1, session_id=DEADLY),
    ):
        scene.ledger.poison.add(str(event.event_id))
        yield event


def _play(**fields: Any) -> Event:
    now = datetime.now(UTC)
    return Play(event_id=uuid4(), at=now, received_at=now, **fields)


def _mates(scene: Scene, random: Random) -> list[Event]:
    """Return good events of all students that travel in the same message as a bad one."""
    at = datetime.now(UTC) - timedelta(hours=1)
    return [
        make_event(random.choice(scene.students).user_id, at + timedelta(seconds=number), random, "mate")
        for number in range(MATES)
    ]


def _message(body: bytes) -> aio_pika.Message:
    return aio_pika.Message(
        body,
        content_type=CONTENT_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(uuid4()),
    )


def _dead_letters(scene: Scene) -> int:
    return scene.stage.depths()[PROGRESS_DEAD_LETTERS.name][0]
