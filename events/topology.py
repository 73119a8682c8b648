"""Exchanges, queues and their dead-letter queues, as data.

Every argument is spelled out because the defaults differ between RabbitMQ 3.10 and 4.x. The declarations,
the AsyncAPI document's test and the ops view all read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DELIVERY_LIMIT = 20
"""Deliveries after which a message is dead-lettered; only what crashes a worker comes near it."""

NO_DELIVERY_LIMIT = 2**31 - 1
"""Whoever looks at dead letters returns them, and none may ever be lost by that. Without a limit RabbitMQ 4
takes 20; the -1 that switches it off there means 0 to RabbitMQ 3."""

Argument = str | int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable direct exchange."""

    name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue, bound to one exchange by one routing key."""

    name: str
    exchange: Exchange
    routing_key: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


_DEAD_LETTER_ARGUMENTS: Mapping[str, Argument] = MappingProxyType(
    {"x-queue-type": "quorum", "x-delivery-limit": NO_DELIVERY_LIMIT, "x-overflow": "reject-publish"}
)

EVENTS = Exchange("edutrack.events")
DEAD_LETTERS = Exchange("edutrack.dead-letters")

PROGRESS_DEAD_LETTERS = Queue(
    name="edutrack.progress.dead-letters",
    exchange=DEAD_LETTERS,
    routing_key="progress",
    arguments=_DEAD_LETTER_ARGUMENTS,
)

PROGRESS = Queue(
    name="edutrack.progress",
    exchange=EVENTS,
    routing_key="progress",
    arguments=MappingProxyType(
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-overflow": "reject-publish",
            "x-dead-letter-exchange": DEAD_LETTERS.name,
            "x-dead-letter-routing-key": PROGRESS_DEAD_LETTERS.routing_key,
            "x-dead-letter-strategy": "at-least-once",
        }
    ),
)

TASKS = Exchange("edutrack.tasks")

IMPORTS_DEAD_LETTERS = Queue(
    name="edutrack.imports.dead-letters",
    exchange=DEAD_LETTERS,
    routing_key="imports",
    arguments=_DEAD_LETTER_ARGUMENTS,
)

IMPORTS = Queue(
    name="edutrack.imports",
    exchange=TASKS,
    routing_key="imports",
    arguments=MappingProxyType(
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-overflow": "reject-publish",
            "x-dead-letter-exchange": DEAD_LETTERS.name,
            "x-dead-letter-routing-key": IMPORTS_DEAD_LETTERS.routing_key,
            "x-dead-letter-strategy": "at-least-once",
        }
    ),
)

SIGNS_OF_LIFE = Queue(
    name="edutrack.signs-of-life",
    exchange=TASKS,
    routing_key="signs-of-life",
    arguments=MappingProxyType(
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-overflow": "drop-head",
            "x-max-length": 1,
        }
    ),
)
"""Only the newest matters: while no import worker runs, it holds one message and dead-letters none."""

EXCHANGES = (EVENTS, TASKS, DEAD_LETTERS)
QUEUES = (PROGRESS_DEAD_LETTERS, PROGRESS, IMPORTS_DEAD_LETTERS, IMPORTS, SIGNS_OF_LIFE)
"""In the order in which they are declared: a dead-letter queue stands before what falls into it."""
