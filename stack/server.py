"""What the three private servers have in common."""

from typing import Protocol

from stack.program import Program
from stack.tasks import Tasks


class Server(Protocol):
    """A private server of a stack.

    `prepare` makes its data folder and configuration, may take seconds the first time and is harmless
    afterwards. `is_ready` connects as a client does; it blocks for at most a few seconds and never raises.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...
    def prepare(self, tasks: Tasks) -> None: ...
    def programs(self) -> list[Program]: ...
    def is_ready(self) -> bool: ...
