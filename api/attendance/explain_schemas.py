"""An explained day as it is answered."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.attendance.correction_schemas import Change
from api.attendance.schemas import AttendanceDay

_EVENT = "6b2f8f0e-4f0c-4e52-9f3b-0d1f5f3c9f11"
_PAUSE = "0c8a2f4e-93a4-4a5e-8f0d-3f2c1b6f7d22"


class ExplainedEvent(BaseModel):
    """An event behind a span."""

    event_id: UUID = Field(examples=[_EVENT])
    kind: Literal["play", "pause", "heartbeat"] = Field(examples=["play"])
    at: datetime = Field(
        description="When it happened, in the school's zone", examples=["2026-11-23T10:00:00Z"]
    )
    received_at: datetime = Field(description="When it arrived", examples=["2026-11-23T10:00:00.2Z"])
    claimed_seconds: int | None = Field(
        description="The watch time a pause asks for, if it does", examples=[None]
    )
    late: bool = Field(
        description="Whether it was applied after its day was final; it counts all the same", examples=[False]
    )


class ExplainedSpan(BaseModel):
    """A stretch of watching, and what it adds to the day."""

    video_id: int = Field(examples=[1])
    video_title: str = Field(examples=["Vectors"])
    session_id: str = Field(description="The player; empty where it names none", examples=[""])
    opened_by: UUID = Field(
        description="The event that opened it, or the pause if none did", examples=[_EVENT]
    )
    closed_by: UUID | None = Field(description="The event that ended it, if one did", examples=[_PAUSE])
    start: datetime = Field(examples=["2026-11-23T10:00:00Z"])
    end: datetime = Field(examples=["2026-11-23T10:10:30Z"])
    ending: Literal[
        "paused", "claimed_less", "claimed_more", "orphaned", "silent", "replaced", "expired", "unfinished"
    ] = Field(description="Why it earned what it did", examples=["claimed_less"])
    explanation: str = Field(
        description="The same in words",
        examples=["The pause claimed 600 s of the 630 s that had passed: 600 s count."],
    )
    claimed_seconds: int | None = Field(description="What its pause asked for, if it did", examples=[600])
    credit_seconds: float = Field(description="What it earned, on all its dates", examples=[600.0])
    day_seconds: float = Field(description="What of that lies on this date", examples=[600.0])
    overlap_seconds: float = Field(
        description="What of that was being watched elsewhere already", examples=[0.0]
    )
    overlaps: list[UUID] = Field(
        description="The spans it was watched in, by what opened them", examples=[[]]
    )
    counted_seconds: float = Field(description="What it adds to the day's total", examples=[600.0])
    counted_microseconds: int = Field(
        description="The same exactly; the sum over all spans is the day's `total_microseconds`",
        examples=[600_000_000],
    )
    events: list[ExplainedEvent] = Field(description="The events it is made of, in their order")


class ExplainedRule(BaseModel):
    """The rule that says who was present."""

    id: int | None = Field(description="Null is the least watch time of the settings", examples=[3])
    since: Date | None = Field(description="From which date on it holds", examples=["2026-09-01"])
    minimum_seconds: int = Field(description="The least watch time it asks for", examples=[30])
    minimum_share: float | None = Field(
        description="The share it asks for of what is assigned to a day, if it does", examples=[None]
    )


class Explanation(AttendanceDay):
    """A user's day, and every second of it."""

    total_microseconds: int = Field(description="Watch time of the day, exactly", examples=[600_000_000])
    verdict: str = Field(
        description="Why it has its status, in a sentence",
        examples=["Present: 600 s were watched, and the day asked for 30 s."],
    )
    rule: ExplainedRule
    timezone: str = Field(description="Whose midnights bound the day", examples=["Europe/Berlin"])
    overlap: Literal["sum", "once"] = Field(
        description="Whether what was watched in two places at once counts in both", examples=["sum"]
    )
    log: Literal["complete", "pruned", "too_long"] = Field(
        description=(
            "Whether the events are still there and are listed. `pruned`: they were removed, the row stayed; "
            "`too_long`: there are so many that only `edutrack explain` lists them"
        ),
        examples=["complete"],
    )
    pruned_before: Date | None = Field(
        description="Days before this date can be explained no more", examples=[None]
    )
    agrees: bool | None = Field(
        description=(
            "Whether the row is what the events say; null where they are not listed. "
            "Where it is false, `edutrack verify` says more"
        ),
        examples=[True],
    )
    corrections: list[Change] = Field(description="What admins said of the day, oldest first")
    spans: list[ExplainedSpan]
