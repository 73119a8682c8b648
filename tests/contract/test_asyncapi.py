"""`docs/asyncapi.yaml` says what `events.topology` and `events.schemas` say; any drift fails here."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from core.settings import Settings
from events import sender
from events.schemas import (
    CONTENT_TYPE,
    REPLY_CONTENT_TYPE,
    Applied,
    CloudEvent,
    decode,
    decode_reply,
    encode,
    encode_reply,
)
from events.topology import EXCHANGES, QUEUES
from workers.celery_app import make_celery

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())
REFERENCE = "#/components/schemas/{name}"
ANNOTATIONS = {"description", "examples"}
"""What only explains; msgspec does not know that its strings are instants either."""


def described_queues() -> dict[str, dict[str, Any]]:
    return {
        channel["address"]: channel
        for channel in DOCUMENT["channels"].values()
        if channel["bindings"]["amqp"]["is"] == "queue" and channel["address"] is not None
    }


def test_every_queue_is_described_with_its_binding_and_all_its_arguments() -> None:
    described = {
        name: (channel["x-exchange"], channel["x-routing-key"], channel["x-arguments"])
        for name, channel in described_queues().items()
    }
    assert described == {
        queue.name: (queue.exchange.name, queue.routing_key, dict(queue.arguments)) for queue in QUEUES
    }


def test_every_queue_is_durable_and_shared() -> None:
    for name, channel in described_queues().items():
        assert channel["bindings"]["amqp"]["queue"] == {
            "name": name,
            "durable": True,
            "exclusive": False,
            "autoDelete": False,
        }


def test_every_exchange_is_described() -> None:
    described = [
        channel["bindings"]["amqp"]["exchange"]
        for channel in DOCUMENT["channels"].values()
        if channel["bindings"]["amqp"]["is"] == "routingKey"
    ]
    assert sorted(described, key=lambda exchange: str(exchange["name"])) == [
        {"name": name, "type": "direct", "durable": True, "autoDelete": False}
        for name in sorted(exchange.name for exchange in EXCHANGES)
    ]


def test_what_is_sent_to_an_exchange_reaches_a_queue() -> None:
    bound = {(queue.exchange.name, queue.routing_key) for queue in QUEUES}
    for channel in DOCUMENT["channels"].values():
        if channel["bindings"]["amqp"]["is"] == "routingKey":
            assert (channel["bindings"]["amqp"]["exchange"]["name"], channel["address"]) in bound


def test_payloads_are_those_of_the_code() -> None:
    _, schemas = msgspec.json.schema_components([CloudEvent, Applied], ref_template=REFERENCE)
    described = DOCUMENT["components"]["schemas"]
    assert set(described) == set(schemas)
    for name, schema in schemas.items():
        assert bare(described[name]) == bare(schema), name


def test_content_types_are_those_of_the_code() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert messages["events"]["contentType"] == CONTENT_TYPE
    assert messages["replies"]["contentType"] == REPLY_CONTENT_TYPE


def test_the_example_of_events_is_exactly_what_the_code_writes() -> None:
    (example,) = DOCUMENT["components"]["messages"]["events"]["examples"]
    events = decode(msgspec.json.encode(example["payload"]))
    assert normalized(msgspec.json.decode(encode(events))) == normalized(example["payload"])


def test_the_example_of_replies_is_exactly_what_the_code_writes() -> None:
    (example,) = DOCUMENT["components"]["messages"]["replies"]["examples"]
    answers = decode_reply(msgspec.json.encode(example["payload"]))
    assert msgspec.json.decode(encode_reply(answers)) == example["payload"]


def test_dead_letters_carry_the_headers_of_the_code() -> None:
    headers = DOCUMENT["components"]["messages"]["deadLetter"]["headers"]["properties"]
    assert set(headers) == {sender.REASON, sender.FIRST_SEEN, sender.ATTEMPTS, sender.REPLAYS}


def test_every_task_is_described(any_settings: Settings) -> None:
    registered = {name for name in make_celery(any_settings).tasks if not name.startswith("celery.")}
    messages = DOCUMENT["components"]["messages"].values()
    described = [message["headers"]["properties"].get("task") for message in messages if "headers" in message]
    assert {task["const"] for task in described if task} == registered


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.fixture
def any_settings() -> Settings:
    return Settings(
        env="development",
        database_url="postgresql://nowhere/nothing",
        amqp_url="amqp://nowhere",
        redis_url="redis://nowhere",
    )


def bare(schema: Any) -> Any:
    """Return a schema without what only explains."""
    if isinstance(schema, dict):
        kept = {name: bare(part) for name, part in schema.items() if name not in ANNOTATIONS}
        if kept.get("format") == "date-time":
            del kept["format"]
        return kept
    return [bare(part) for part in schema] if isinstance(schema, list) else schema


def normalized(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events with instants written alike: 10:00:00.25 is 10:00:00.250000."""
    return [
        event
        | {"data": event["data"] | {"received_at": datetime.fromisoformat(event["data"]["received_at"])}}
        for event in events
    ]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, part in node.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)
