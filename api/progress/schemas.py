"""What players report and what they are answered.

Types are strict: a string is no number, a boolean no integer, NaN no number at all (422). Ranges, formats
of times and combinations of fields are `intake`'s (400); the JSON Schema shows them nevertheless.
"""

from datetime import date as Date  # noqa: N812 - fields are called `date` themselves
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from events.schemas import MAX_CLAIM_SECONDS, MAX_SESSION_ID_LENGTH

MAX_BATCH_EVENTS = 1_000

_EVENT_ID = "0b8f2c7e-4f0a-4d55-9a53-6d1f7e2b9c10"


def _whole(value: object) -> object:
    """60.0 is a whole number of seconds: JSON does not tell it from 60."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _documented(**keywords: Any) -> Any:
    return Field(default=None, **keywords)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)


class ReportedEvent(_Strict):
    """One event: either on the wall clock (`start_time`, `end_time`) or as `kind` with `occurred_at`."""

    video_id: int = Field(description="The video, as listed by `/videos/course/{id}`", examples=[1])
    start_time: str | None = _documented(
        description="Time of a play, `HH:MM:SS` in the school's zone", examples=["10:00:00"]
    )
    end_time: str | None = _documented(
        description="Time of a pause, `HH:MM:SS` in the school's zone", examples=["10:10:30"]
    )
    watchtime_seconds: Annotated[int | None, BeforeValidator(_whole)] = _documented(
        description="Watch time a pause claims, in whole seconds",
        examples=[630],
        json_schema_extra={"minimum": 0, "maximum": MAX_CLAIM_SECONDS},
    )
    kind: Literal["play", "pause", "heartbeat"] | None = _documented(
        description="What happened at `occurred_at`", examples=["pause"]
    )
    occurred_at: str | None = _documented(
        description="When it happened: RFC 3339 with an offset",
        examples=["2026-11-23T10:10:30Z"],
        json_schema_extra={"format": "date-time"},
    )
    event_id: Annotated[UUID | None, Field(strict=False)] = _documented(
        description="Makes a retry harmless: the first committed body of an id wins", examples=[_EVENT_ID]
    )
    session_id: str | None = _documented(
        description="One player instance; absent, null and empty are the same one",
        examples=["tab-1"],
        json_schema_extra={"maxLength": MAX_SESSION_ID_LENGTH},
    )
    position_seconds: float | None = _documented(
        description="Where in the video, in seconds", examples=[630.0], json_schema_extra={"minimum": 0}
    )
    playback_rate: float | None = _documented(
        description="Speed of playback", examples=[1.0], json_schema_extra={"exclusiveMinimum": 0}
    )


_SENT_AT_DESCRIPTION = (
    "The client's clock when it sent this, RFC 3339 with an offset; its difference to receipt corrects "
    "every `occurred_at`"
)


class ProgressRequest(ReportedEvent):
    """One event, sent by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"video_id": 1, "start_time": "10:00:00"},
                {"video_id": 1, "end_time": "10:10:30", "watchtime_seconds": 630},
                {
                    "video_id": 1,
                    "kind": "heartbeat",
                    "occurred_at": "2026-11-23T10:10:30Z",
                    "event_id": _EVENT_ID,
                    "session_id": "tab-1",
                },
            ]
        }
    )

    sent_at: str | None = _documented(
        description=_SENT_AT_DESCRIPTION,
        examples=["2026-11-23T10:10:31Z"],
        json_schema_extra={"format": "date-time"},
    )


class BatchRequest(_Strict):
    """Up to 1,000 events, each judged by itself."""

    sent_at: str | None = _documented(
        description=_SENT_AT_DESCRIPTION,
        examples=["2026-11-23T10:10:31Z"],
        json_schema_extra={"format": "date-time"},
    )
    token: str | None = _documented(
        description="The access token, where a header cannot be set (`navigator.sendBeacon`)",
        json_schema_extra={"writeOnly": True},
    )
    events: list[Annotated[Any, WithJsonSchema(ReportedEvent.model_json_schema())]] = Field(
        description="Events as `POST /progress` takes them; a `sent_at` of their own is ignored",
        json_schema_extra={"maxItems": MAX_BATCH_EVENTS},
        examples=[[{"video_id": 1, "kind": "play", "occurred_at": "2026-11-23T10:00:00Z"}]],
    )


class PlainEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `ReportedEvent` that is plainly right: what msgspec reads so, pydantic does too, with equal fields.

    The opposite does not hold, nor has to: 60.0 as a whole number, say, or an unknown field.
    """

    video_id: int
    start_time: str | None = None
    end_time: str | None = None
    watchtime_seconds: int | None = None
    kind: Literal["play", "pause", "heartbeat"] | None = None
    occurred_at: str | None = None
    event_id: UUID | None = None
    session_id: str | None = None
    position_seconds: float | None = None
    playback_rate: float | None = None


class PlainReport(PlainEvent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plain `ProgressRequest`."""

    sent_at: str | None = None


class PlainBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `BatchRequest` of which every event is plain."""

    events: list[PlainEvent]
    sent_at: str | None = None
    token: str | None = None


class ProgressRecord(BaseModel):
    """Watch time of one user on one video on one local date. Times are in the school's zone."""

    id: int = Field(examples=[1])
    user_id: int = Field(examples=[2])
    video_id: int = Field(examples=[1])
    date: Date = Field(examples=["2026-11-23"])
    start_time: str | None = Field(description="Latest play, `HH:MM:SS`", examples=["10:00:00"])
    first_start_time: str | None = Field(description="First play, `HH:MM:SS`", examples=["10:00:00"])
    end_time: str | None = Field(description="Latest pause, `HH:MM:SS`", examples=["10:10:30"])
    watch_time: str = Field(description="Credited time, `HH:MM:SS`, truncated", examples=["00:10:30"])
    watch_time_seconds: float = Field(description="Credited time, exactly", examples=[630.0])


class WatchedRecord(ProgressRecord):
    """A record with what is known of the video as a whole, the same in each."""

    position_seconds: float | None = Field(
        description="Where the user was last, to go on from; null where no player said", examples=[630.0]
    )
    unique_seconds: float = Field(
        description="How much of the video was seen at least once, as far as the player says where it was",
        examples=[610.5],
    )


class AppliedAnswer(ProgressRecord):
    """The record as it stood when the event was applied."""

    event_id: UUID = Field(examples=[_EVENT_ID])
    status: Literal["applied"] = "applied"
    duplicate: bool = Field(description="Whether its id had been applied before", examples=[False])


class AcceptedAnswer(BaseModel):
    """The event is durable; its record follows."""

    event_id: UUID = Field(examples=[_EVENT_ID])
    status: Literal["accepted"] = "accepted"


class Accepted(msgspec.Struct, frozen=True):
    """What is answered as an `AcceptedAnswer`."""

    event_id: UUID
    status: Literal["accepted"] = "accepted"


class BatchResult(BaseModel):
    """What became of one event of a batch. `event_id` is null where none could be read."""

    event_id: UUID | None = Field(examples=[_EVENT_ID])
    status: Literal["accepted", "rejected"] = Field(examples=["accepted"])
    detail: str | None = Field(
        default=None, description="Why it was rejected", exclude_if=lambda detail: detail is None
    )


class BatchAnswer(BaseModel):
    """One result per event, in the order in which they were sent."""

    results: list[BatchResult]
