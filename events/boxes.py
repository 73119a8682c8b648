"""The dead-letter queues by the names people call them."""

from enum import StrEnum

from events.topology import QUEUES, Queue


class Box(StrEnum):
    """Whose dead letters."""

    PROGRESS = "progress"
    IMPORTS = "imports"

    @property
    def queue(self) -> Queue:
        """Where the letters lie."""
        return _named(f"edutrack.{self}.dead-letters")

    @property
    def origin(self) -> Queue:
        """Where the letters came from; a replay goes there."""
        return _named(f"edutrack.{self}")


def _named(name: str) -> Queue:
    return next(queue for queue in QUEUES if queue.name == name)
