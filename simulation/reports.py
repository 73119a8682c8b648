"""What a player reports, how it looks on the wire, and which events it means. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from core.calendar import place_wall_pair, place_wall_time
from events.schemas import Event, Heartbeat, Pause, Play, paired_pause_id

Kind = Literal["play", "pause", "heartbeat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One event, or a play with its pause: on the wall clock, or as `kind` with `occurred_at`."""

    video_id: int
    start_time: time | None = None
    end_time: time | None = None
    kind: Kind | None = None
    occurred_at: datetime | None = None
    claimed_seconds: int | None = None
    event_id: UUID | None = None
    session_id: str | None = None


def body(report: Report) -> dict[str, Any]:
    """Return the JSON object that is sent."""
    fields = {
        "video_id": report.video_id,
        "start_time": report.start_time and report.start_time.isoformat("seconds"),
        "end_time": report.end_time and report.end_time.isoformat("seconds"),
        "kind": report.kind,
        "occurred_at": report.occurred_at and _rfc_3339(report.occurred_at),
        "watchtime_seconds": report.claimed_seconds,
        "event_id": report.event_id and str(report.event_id),
        "session_id": report.session_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def meaning(
    report: Report, *, user_id: int, event_id: UUID, received_at: datetime, zone: ZoneInfo
) -> tuple[Event, ...]:
    """Return the events of a report that was received at an instant and given, or came with, an id."""
    common: dict[str, Any] = {
        "user_id": user_id,
        "video_id": report.video_id,
        "session_id": report.session_id or "",
        "received_at": received_at,
    }
    start, end, claimed = report.start_time, report.end_time, report.claimed_seconds
    if start is not None and end is not None:
        began, ended = place_wall_pair(start, end, received_at, zone)
        pause_id = paired_pause_id(event_id)
        return (
            Play(event_id=event_id, at=began, **common),
            Pause(event_id=pause_id, at=ended, claimed_seconds=claimed, **common),
        )
    at = _instant(report, received_at, zone)
    if start is not None or report.kind == "play":
        return (Play(event_id=event_id, at=at, **common),)
    if report.kind == "heartbeat":
        return (Heartbeat(event_id=event_id, at=at, **common),)
    return (Pause(event_id=event_id, at=at, claimed_seconds=claimed, **common),)


def _instant(report: Report, received_at: datetime, zone: ZoneInfo) -> datetime:
    if report.occurred_at is not None:
        return report.occurred_at
    wall = report.start_time if report.start_time is not None else report.end_time
    assert wall is not None, "a report says when it happened"
    return place_wall_time(wall, received_at, zone)


def _rfc_3339(at: datetime) -> str:
    """Return an instant as browsers write it: in UTC, with milliseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
