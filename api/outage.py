"""Saying once that something is away, and once that it is back."""

import logging

log = logging.getLogger(__name__)


class Outage:
    """What one process knows of the absence of one thing."""

    def __init__(self, of: str, meanwhile: str) -> None:
        self._of = of
        self._meanwhile = meanwhile
        self._on = False

    def noticed(self, error: BaseException) -> None:
        """Say it if it is news. The error's text could hold a URL and its password: only its type is said."""
        if not self._on:
            log.warning("%s is away (%s): %s", self._of, type(error).__name__, self._meanwhile)
        self._on = True

    def over(self) -> None:
        """Say it if it is news."""
        if self._on:
            log.warning("%s is back", self._of)
        self._on = False
