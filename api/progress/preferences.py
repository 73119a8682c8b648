"""What a client prefers to wait for: `respond-async` and `wait` of RFC 7240. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for a name
_PREFERENCE = re.compile(
    rf'\s*(?P<name>{_TOKEN})(?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<value>{_TOKEN})?))?'
    rf'\s*(?:;(?:[^,"]|"(?:[^"\\]|\\.)*")*)?(?:,|$)'
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How long to wait for the record, and which preferences that honours."""

    wait: timedelta
    respond_async: bool = False
    asked_wait: int | None = None

    def applied(self, *, answered_async: bool) -> str | None:
        """Return the value of `Preference-Applied`; None where nothing that was asked was done."""
        honoured = ["respond-async"] if self.respond_async and answered_async else []
        if self.asked_wait is not None and self.wait == timedelta(seconds=self.asked_wait):
            honoured.append(f"wait={self.asked_wait}")
        return ", ".join(honoured) or None


def read_preferences(headers: Iterable[str], longest: timedelta) -> Preferences:
    """Return what the `Prefer` headers ask for; as RFC 7240 has it, what cannot be read is ignored.

    `respond-async` alone does not wait at all; with `wait=N`, and `wait=N` by itself, N seconds are waited
    for, but never more than `longest`. Of a preference named twice the first one counts.
    """
    return _read(tuple(headers), longest)


@lru_cache(maxsize=32)
def _read(headers: tuple[str, ...], longest: timedelta) -> Preferences:
    named: dict[str, str] = {}
    for header in headers:
        for match in _PREFERENCE.finditer(header):
            named.setdefault(match["name"].lower(), match["quoted"] or match["value"] or "")
    respond_async = "respond-async" in named
    wait = named.get("wait", "")
    if wait.isascii() and wait.isdigit():
        asked = int(wait[:9])
        return Preferences(min(timedelta(seconds=asked), longest), respond_async, asked)
    return Preferences(timedelta() if respond_async else longest, respond_async)
