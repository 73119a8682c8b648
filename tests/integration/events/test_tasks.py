"""Tasks reach the import queue as Celery writes them; a broker that is away costs little."""

import asyncio
import json
import time

from events.tasks import IMPORT_PLAYLIST, TaskSender
from events.topology import IMPORTS
from tests.letters import take_all
from tests.proxy import Proxy


async def test_a_task_is_sent_by_name_with_an_id(broker: str) -> None:
    sender = TaskSender(broker)
    assert await sender.send(IMPORT_PLAYLIST, 7)
    sender.close()
    (message,) = await take_all(broker, IMPORTS.name)
    assert message.headers["task"] == IMPORT_PLAYLIST
    assert json.loads(message.body)[0] == [7]
    assert message.delivery_mode == 2


async def test_a_broker_that_is_away_is_no_error_and_found_again(broker: str) -> None:
    way = Proxy.to(broker)
    sender = TaskSender(way.url(broker))
    began = time.monotonic()
    assert not await sender.send(IMPORT_PLAYLIST, 7)
    assert time.monotonic() - began < 10
    way.mend()
    assert await sender.send(IMPORT_PLAYLIST, 7)
    way.cut()
    assert not await sender.send(IMPORT_PLAYLIST, 8)
    way.mend()
    assert await asyncio.wait_for(sender.send(IMPORT_PLAYLIST, 9), 10)
    sender.close()
    way.cut()
    sent = [json.loads(message.body)[0] for message in await take_all(broker, IMPORTS.name)]
    assert sent == [[7], [9]]
