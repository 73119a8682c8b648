"""Rates from counters that come and go with their channels, and nodes that say nothing of use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from events.broker_metrics import (
    AWAY,
    NOT_SET,
    BrokerMetrics,
    Counts,
    QueueTraffic,
    Reading,
    Turnover,
    http_client,
)
from events.topology import IMPORTS, IMPORTS_DEAD_LETTERS

QUEUE, DEAD = IMPORTS.name, IMPORTS_DEAD_LETTERS.name
NODE = "http://one:15692"


def reading(at: float, published: dict[str, float], acked: dict[str, float], dead: int = 0) -> Reading:
    """Return a reading of the imports, counted by channel."""

    def counts(by_channel: dict[str, float]) -> Counts:
        return {(QUEUE, NODE, channel): count for channel, count in by_channel.items()}

    unacked = {QUEUE: 0, DEAD: 0}
    return Reading(at, unacked, {QUEUE: 0, DEAD: dead}, counts(published), counts(acked))


def rates(*readings: Reading, queue: str = QUEUE) -> tuple[float | None, float | None]:
    turnover = Turnover()
    for each in readings:
        turnover.add(each)
    traffic = turnover.of(queue)
    assert traffic is not None
    return traffic.in_rate, traffic.out_rate


def test_one_reading_tells_no_rate() -> None:
    assert rates(reading(0, {"a": 90}, {"b": 80})) == (None, None)


def test_what_was_counted_before_the_first_reading_is_not_news() -> None:
    assert rates(reading(0, {"a": 90}, {"b": 80}), reading(2, {"a": 100}, {"b": 84})) == (5, 2)


def test_a_channel_that_goes_takes_nothing_away() -> None:
    first, second = reading(0, {"a": 90, "c": 5}, {"b": 80}), reading(2, {"a": 94, "c": 5}, {"b": 80})
    assert rates(first, second, reading(4, {"c": 5}, {})) == (1, 0)


def test_a_channel_that_comes_began_at_zero() -> None:
    assert rates(reading(0, {"a": 90}, {}), reading(2, {"a": 90, "c": 6}, {"d": 4})) == (3, 2)


def test_a_counter_that_fell_belongs_to_a_broker_that_started_anew() -> None:
    assert rates(reading(0, {"a": 90}, {"b": 80}), reading(2, {"a": 6}, {"b": 2})) == (3, 1)


def test_only_the_last_ten_seconds_count() -> None:
    burst = [reading(at, {"a": 100 if at else 0}, {}) for at in range(0, 12, 2)]
    assert rates(*burst) == (10, 0)
    assert rates(*burst, reading(12, {"a": 100}, {})) == (0, 0)


def test_dead_letters_are_what_their_number_grew_and_shrank_by() -> None:
    letters = [reading(at, {}, {}, dead) for at, dead in ((0, 3), (2, 7), (4, 1))]
    assert rates(*letters, queue=DEAD) == (1, 1.5)


def test_what_several_nodes_tell_is_put_together() -> None:
    both = Reading(0)
    both.add("http://one:15692", "/", answer(unacked=3, acked=10))
    both.add("http://two:15692", "/", answer(unacked=0, acked=7))
    assert both.unacked == {QUEUE: 3}
    assert sorted(both.acked.values()) == [7, 10]


def test_another_vhost_is_none_of_ours() -> None:
    other = Reading(0)
    other.add(NODE, "school", answer(unacked=3, acked=10))
    assert (other.unacked, other.acked) == ({}, {})


def answer(*, unacked: int, acked: int) -> str:
    return (
        "# TYPE rabbitmq_detailed_queue_messages_unacked gauge\n"
        f'rabbitmq_detailed_queue_messages_unacked{{vhost="/",queue="{QUEUE}"}} {unacked}\n'
        "# TYPE rabbitmq_detailed_channel_messages_acked_total counter\n"
        f'rabbitmq_detailed_channel_messages_acked_total{{channel="<0.1.0>",vhost="/",queue="{QUEUE}"}} {acked}\n'
        'rabbitmq_identity_info{rabbitmq_node="one"} 1\n'
    )


async def test_without_an_address_nothing_is_asked_and_it_is_said_what_to_set() -> None:
    metrics = BrokerMetrics("amqp://127.0.0.1", [])
    async with http_client() as http:
        await metrics.ask(http)
    assert (metrics.of(QUEUE), metrics.missing) == (None, NOT_SET)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>no</html>",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
    ids=["not found", "a page", "no HTTP", "silence"],
)
async def test_a_node_that_says_nothing_of_use_is_away_until_it_does(said: bytes) -> None:
    async with node(told(answer(unacked=3, acked=10))) as one, node(said) as other, http_client() as http:
        metrics = BrokerMetrics("amqp://127.0.0.1", [one])
        await metrics.ask(http)
        assert (metrics.of(QUEUE), metrics.missing) == (QueueTraffic(3, None, None), None)
        metrics = BrokerMetrics("amqp://127.0.0.1/", [one, other])
        await metrics.ask(http)
        assert (metrics.of(QUEUE), metrics.missing) == (None, AWAY)


async def test_nothing_is_known_of_a_node_once_it_has_gone() -> None:
    async with http_client() as http:
        async with node(told(answer(unacked=3, acked=10))) as one:
            metrics = BrokerMetrics("amqp://127.0.0.1", [one])
            await metrics.ask(http)
            assert metrics.of(QUEUE)
        await metrics.ask(http)
    assert (metrics.of(QUEUE), metrics.missing) == (None, AWAY)


def told(text: str) -> bytes:
    """Return an answer over HTTP."""
    body = text.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


@asynccontextmanager
async def node(says: bytes) -> AsyncIterator[str]:
    """Listen, and say always the same; nothing, and hold the line, where that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says)
        if not says:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
