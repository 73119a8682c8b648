"""Whoever listens hears that an import has changed; nobody minds when that cannot be said."""

from redis.asyncio import Redis

from core.imports.live import EVERY_CHANNEL, announce, channel_of, import_of
from stack.ports import pick_port


async def test_whoever_listens_to_an_import_or_to_all_hears_of_a_change(redis: Redis) -> None:
    async with redis.pubsub(ignore_subscribe_messages=True) as one, redis.pubsub() as every:
        await one.subscribe(channel_of(7))
        await every.psubscribe(EVERY_CHANNEL)
        await every.get_message(timeout=5)
        await one.get_message(timeout=5)
        for import_id in (6, 7):
            await announce(redis, import_id)
        heard = await one.get_message(timeout=5)
        assert heard
        assert heard["channel"].decode() == channel_of(7)
        assert [(await every.get_message(timeout=5))["channel"].decode() for _ in range(2)] == [
            channel_of(6),
            channel_of(7),
        ]


def test_a_channel_says_whose_it_is() -> None:
    assert import_of(channel_of(7).encode()) == 7
    assert [import_of(other) for other in (b"", b"7", b"edutrack:7", b"\xff:7", EVERY_CHANNEL.encode())] == [
        None
    ] * 5


async def test_that_redis_is_away_is_nothing() -> None:
    client = Redis.from_url(f"redis://127.0.0.1:{pick_port(taken=set())}/0")
    await announce(client, 7)
    await client.aclose()
