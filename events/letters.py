"""What a dead letter says: where it came from, why it is here, what is in it.

Nothing in a letter is trusted: anybody with access to the broker can put one there, with any headers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import msgspec
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage

from events.boxes import Box
from events.schemas import UndecodableMessage, decode
from events.sender import ATTEMPTS, FIRST_SEEN, REASON, REPLAYS

REASON_LENGTH = 500
BODY_LENGTH = 4_000
NO_REASON = "unknown: the message carries no reason"

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OF_ONE_DELIVERY = {REASON, ATTEMPTS, "x-delivery-count"}
_OF_THE_BROKER = ("x-death", "x-first-death-", "x-last-death-")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, without what is in it. What is not known is None."""

    id: str
    came_from: str
    reason: str
    first_seen: datetime | None
    attempts: int | None
    """How often it was delivered before it was set aside."""
    replays: int
    """How often somebody sent it back."""
    events: int | None
    """None where the body is no batch of events."""
    size: int
    """Of the body, in bytes."""
    digest: str
    """SHA-256 of the body."""

    @property
    def order(self) -> tuple[datetime, str]:
        """Key of the order in which letters are listed."""
        return self.first_seen or datetime.min.replace(tzinfo=UTC), self.id


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A letter with its events as they travelled, or the beginning of a body that is no batch of events."""

    letter: Letter
    events: list[dict[str, Any]] | None
    body: str | None


def read(message: AbstractIncomingMessage, box: Box) -> Letter:
    """Return what a message says from outside."""
    death = _death(message.headers)
    return Letter(
        id=id_of(message),
        came_from=box.origin.name,
        reason=_reason(message.headers, death),
        first_seen=_instant(message.headers.get(FIRST_SEEN) or death.get("time") or message.timestamp),
        attempts=_whole(message.headers.get(ATTEMPTS)),
        replays=_whole(message.headers.get(REPLAYS)) or 0,
        events=_count(message.body),
        size=len(message.body),
        digest=sha256(message.body).hexdigest(),
    )


def open_letter(message: AbstractIncomingMessage, box: Box) -> OpenLetter:
    """Return all a message says, its body in a form that no terminal or page takes for more than text."""
    letter = read(message, box)
    if letter.events is None:
        text = message.body[:BODY_LENGTH].decode(errors="backslashreplace")
        return OpenLetter(letter, None, printable(text, BODY_LENGTH))
    return OpenLetter(letter, msgspec.json.decode(message.body), None)


def id_of(message: AbstractIncomingMessage) -> str:
    """Return what names a letter, however often it is taken and returned.

    Its message id; where that is missing or is no plain word, something made of all that stays the same.
    """
    given = message.message_id or ""
    if _PLAIN.fullmatch(given):
        return given
    named = f"{given}\0{message.correlation_id or ''}\0".encode(errors="backslashreplace")
    return f"sha256-{sha256(named + message.body).hexdigest()[:32]}"


def again(message: AbstractIncomingMessage) -> Message:
    """Return a message to send in place of a dead letter: the same but for what its failure left on it."""
    headers = {
        name: value
        for name, value in message.headers.items()
        if name not in _OF_ONE_DELIVERY and not name.startswith(_OF_THE_BROKER)
    }
    headers[REPLAYS] = (_whole(headers.get(REPLAYS)) or 0) + 1
    return Message(
        message.body,
        headers=headers,
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        correlation_id=message.correlation_id,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(uuid4()),
    )


def printable(text: str, most: int) -> str:
    """Return the beginning of a text, with whatever does not print written as an escape."""
    shown = (char if char.isprintable() else char.encode("unicode_escape").decode() for char in text[:most])
    return "".join(shown) + ("…" if len(text) > most else "")


def _reason(headers: Mapping[str, Any], death: Mapping[str, Any]) -> str:
    if REASON in headers:
        return printable(str(headers[REASON]), REASON_LENGTH)
    if death:
        text = f"the broker gave up on it: {death.get('reason')}, {death.get('count')} times"
        return printable(text, REASON_LENGTH)
    return NO_REASON


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the broker wrote when it dead-lettered a message last."""
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    return last if isinstance(last, dict) else {}


def _instant(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _count(body: bytes) -> int | None:
    try:
        return len(decode(body))
    except UndecodableMessage:
        return None
