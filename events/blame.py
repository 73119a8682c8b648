"""Whose fault it is when events cannot be applied: theirs, or this version's."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlamePolicy:
    """So many failures among the last events make them our fault, until so many in a row can be applied."""

    window: int = 200
    failures: int = 100
    proof: int = 20


class Blame:
    """Counts what could be applied and what could not.

    Poison is rare. Where much fails, a deployment or the database is likelier to be wrong than the events,
    and whatever is set aside then has to be sent back by hand.
    """

    def __init__(self, policy: BlamePolicy) -> None:
        self._policy = policy
        self._failed: deque[bool] = deque(maxlen=policy.window)
        self._in_a_row = 0
        self.is_ours = False

    def applied(self) -> None:
        """Count an event that could be applied."""
        self._failed.append(False)
        self._in_a_row += 1
        if self._in_a_row >= self._policy.proof and self.is_ours:
            self.is_ours = False
            self._failed.clear()

    def failed(self) -> None:
        """Count an event, or a message, that could not."""
        self._failed.append(True)
        self._in_a_row = 0
        self.is_ours = self.is_ours or sum(self._failed) >= self._policy.failures
