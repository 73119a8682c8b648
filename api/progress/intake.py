"""From what a player reports to the events it means, or to the reason why not. Pure.

The rules are the design's "Events" and "When". Everything raised here is a `BadRequest` whose detail says
what to do and repeats nothing that was sent.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from api.progress.schemas import PlainEvent, ReportedEvent
from core.calendar import place_wall_pair, place_wall_time, refusal
from core.errors import BadRequest
from events.schemas import (
    MAX_CLAIM_SECONDS,
    MAX_SESSION_ID_LENGTH,
    Event,
    Heartbeat,
    Pause,
    Play,
    paired_pause_id,
)

MAX_IDEMPOTENCY_KEY_LENGTH = 200
MAX_POSITION_SECONDS = 31_536_000
MAX_PLAYBACK_RATE = 100
IDEMPOTENCY_KEYS = UUID("6ba2a8f5-0d1c-5c0e-9d3e-0f6f6f1d7c55")
"""Namespace of the ids made from an `Idempotency-Key` that is no UUID. Never changes: retries rely on it."""

_WALL_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
_YEARS = range(1970, 9999)
"""Years whose neighbour days can be computed in every zone; all others are out of bounds anyway."""


AnyEvent = ReportedEvent | PlainEvent


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent something and when it arrived. `correction` is what `sent_at` adds to every `occurred_at`."""

    user_id: int
    received_at: datetime
    zone: ZoneInfo
    late_days: int
    correction: timedelta = timedelta()


def clock_correction(sent_at: str | None, received_at: datetime) -> timedelta:
    """Return how far the client's clock is behind: it read `sent_at` at what was `received_at` here."""
    return timedelta() if sent_at is None else received_at - _instant(sent_at, "sent_at")


def choose_event_id(in_body: UUID | None, idempotency_key: str | None, new_id: Callable[[], UUID]) -> UUID:
    """Return the id of an event: the client's, from the body or the header, else a new one."""
    if idempotency_key is None:
        return in_body or new_id()
    in_header = _key_to_id(idempotency_key)
    if in_body is not None and in_body != in_header:
        raise BadRequest("event_id and Idempotency-Key differ: send one of them, or the same id in both")
    return in_header


def read_events(reported: AnyEvent, event_id: UUID, receipt: Receipt) -> tuple[Event, ...]:
    """Return the events a report means, in order: one, or a play and its pause.

    The last one is the one whose record answers the report.
    """
    _check_ranges(reported)
    on_the_wall_clock = reported.start_time is not None or reported.end_time is not None
    as_instant = reported.kind is not None or reported.occurred_at is not None
    if on_the_wall_clock and as_instant:
        raise BadRequest(
            "start_time and end_time do not go together with kind and occurred_at: send one of the two forms"
        )
    if on_the_wall_clock:
        return _wall_clock_events(reported, event_id, receipt)
    if as_instant:
        return (_instant_event(reported, event_id, receipt),)
    raise BadRequest("nothing happened: send start_time, end_time, or kind with occurred_at")


def _wall_clock_events(reported: AnyEvent, event_id: UUID, receipt: Receipt) -> tuple[Event, ...]:
    start = _wall_time(reported.start_time, "start_time")
    end = _wall_time(reported.end_time, "end_time")
    common = _common(reported, receipt)
    received_at, zone = receipt.received_at, receipt.zone
    if start is not None and end is not None:
        played_at, paused_at = place_wall_pair(start, end, received_at, zone)
        return (
            Play(event_id=event_id, at=played_at, **common),
            Pause(
                event_id=paired_pause_id(event_id),
                at=paused_at,
                claimed_seconds=reported.watchtime_seconds,
                **common,
            ),
        )
    if end is not None:
        paused_at = place_wall_time(end, received_at, zone)
        return (Pause(event_id=event_id, at=paused_at, claimed_seconds=reported.watchtime_seconds, **common),)
    assert start is not None, "the caller saw start_time or end_time"
    _refuse_claim(reported)
    return (Play(event_id=event_id, at=place_wall_time(start, received_at, zone), **common),)


def _instant_event(reported: AnyEvent, event_id: UUID, receipt: Receipt) -> Event:
    if reported.kind is None:
        raise BadRequest("occurred_at needs kind: play, pause or heartbeat")
    if reported.occurred_at is None:
        raise BadRequest("kind needs occurred_at: an RFC 3339 time with an offset")
    if reported.kind != "pause":
        _refuse_claim(reported)
    at = _corrected(_instant(reported.occurred_at, "occurred_at"), receipt.correction)
    refused = refusal(at, receipt.received_at, receipt.late_days, receipt.zone)
    if refused is not None:
        raise BadRequest(refused)
    common = _common(reported, receipt)
    if reported.kind == "play":
        return Play(event_id=event_id, at=at, **common)
    if reported.kind == "heartbeat":
        return Heartbeat(event_id=event_id, at=at, **common)
    return Pause(event_id=event_id, at=at, claimed_seconds=reported.watchtime_seconds, **common)


def _common(reported: AnyEvent, receipt: Receipt) -> dict[str, Any]:
    return {
        "user_id": receipt.user_id,
        "video_id": reported.video_id,
        "received_at": receipt.received_at,
        "session_id": reported.session_id or "",
        "position_seconds": reported.position_seconds,
        "playback_rate": reported.playback_rate,
    }


def _check_ranges(reported: AnyEvent) -> None:
    claimed = reported.watchtime_seconds
    if claimed is not None and not 0 <= claimed <= MAX_CLAIM_SECONDS:
        raise BadRequest(f"watchtime_seconds must be from 0 to {MAX_CLAIM_SECONDS} (12 hours)")
    session_id = reported.session_id or ""
    if len(session_id) > MAX_SESSION_ID_LENGTH or _UNSTORABLE.search(session_id):
        raise BadRequest(
            f"session_id must have at most {MAX_SESSION_ID_LENGTH} characters, all valid Unicode, and no NUL"
        )
    position, rate = reported.position_seconds, reported.playback_rate
    if position is not None and not 0 <= position <= MAX_POSITION_SECONDS:
        raise BadRequest(f"position_seconds must be from 0 to {MAX_POSITION_SECONDS} (a year)")
    if rate is not None and not 0 < rate <= MAX_PLAYBACK_RATE:
        raise BadRequest(f"playback_rate must be more than 0 and at most {MAX_PLAYBACK_RATE}")


def _refuse_claim(reported: AnyEvent) -> None:
    if reported.watchtime_seconds is not None:
        raise BadRequest("watchtime_seconds belongs to a pause: send it with end_time, or with kind pause")


def _wall_time(text: str | None, field: str) -> time | None:
    if text is None:
        return None
    if _WALL_TIME.fullmatch(text) is None:
        raise BadRequest(f"{field} must be a time of day written HH:MM:SS, from 00:00:00 to 23:59:59")
    return time.fromisoformat(text)


def _instant(text: str, field: str) -> datetime:
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise BadRequest(f"{field} must be an RFC 3339 time such as 2026-11-23T10:10:30Z")
    if match["offset"] is None:
        raise BadRequest(f"{field} needs an offset from UTC, such as Z or +01:00")
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise BadRequest(f"{field} is no time that exists: check its date, hour and offset") from error
    if at.year not in _YEARS:
        raise BadRequest(f"{field} must be in a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return at.astimezone(UTC)


def _corrected(at: datetime, correction: timedelta) -> datetime:
    if not correction:
        return at
    try:
        corrected = at + correction
    except OverflowError:
        corrected = None
    if corrected is None or corrected.year not in _YEARS:
        raise BadRequest("occurred_at and sent_at are too far apart: send both by the same clock")
    return corrected


def _key_to_id(key: str) -> UUID:
    """Return the id an `Idempotency-Key` stands for; the draft standard puts the key in double quotes."""
    if len(key) >= 2 and key[0] == key[-1] == '"':  # noqa: PLR2004 - a pair of quotes
        key = key[1:-1]
    if not 0 < len(key) <= MAX_IDEMPOTENCY_KEY_LENGTH:
        raise BadRequest(f"Idempotency-Key must have 1 to {MAX_IDEMPOTENCY_KEY_LENGTH} characters")
    try:
        return UUID(key)
    except ValueError:
        return uuid5(IDEMPOTENCY_KEYS, key)
