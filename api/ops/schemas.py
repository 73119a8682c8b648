"""Queues and dead letters as they are answered."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class QueueAnswer(BaseModel):
    """One queue as it stands. Null where nobody tells: RabbitMQ's plugin is not set or away, or Redis is."""

    name: str = Field(examples=["edutrack.progress"])
    ready: int = Field(description="Messages waiting", examples=[0])
    unacked: int | None = Field(description="Messages workers are busy with", examples=[1])
    consumers: int = Field(description="Workers attached", examples=[1])
    in_rate: float | None = Field(
        description="Published per second: events of the progress queue, messages of the others",
        examples=[12.5],
    )
    out_rate: float | None = Field(
        description="Done with per second: events of the progress queue, messages of the others",
        examples=[12.5],
    )
    oldest_seconds: int | None = Field(
        description="Age of the oldest message; null in an empty queue", examples=[2]
    )


class DeadLetter(BaseModel):
    """One dead letter from outside. Null where that is not known."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["9f4c7d1e-5a0b-4c3d-8e2f-1a2b3c4d5e6f"])
    came_from: str = Field(description="The queue it was in before", examples=["edutrack.progress"])
    reason: str = Field(examples=["no such video: 12"])
    first_seen: datetime | None = Field(examples=["2026-11-23T09:30:00Z"])
    attempts: int | None = Field(
        description="How often it was delivered before it was set aside", examples=[1]
    )
    replays: int = Field(description="How often somebody sent it back", examples=[0])
    events: int | None = Field(
        description="Events in it; null where the body is no batch of events", examples=[1]
    )
    size: int = Field(description="Of the body, in bytes", examples=[412])
    digest: str = Field(
        description="SHA-256 of the body",
        examples=["0f343b0931126a20f133d67c2b018a3b5fbc4a1e6b1cf2ac1f0a6b2c1d9e8f70"],
    )


class DeadLetters(BaseModel):
    """The oldest letters of a queue."""

    total: int = Field(description="How many there are in all", examples=[1])
    letters: list[DeadLetter]


class OpenDeadLetter(DeadLetter):
    """One dead letter with what is in it."""

    contents: list[dict[str, Any]] | None = Field(
        description="The events as they travelled, as CloudEvents; null where the body is no batch of events"
    )
    body: str | None = Field(
        description="The beginning of a body that is no batch of events, unprintable characters escaped",
        examples=[None],
    )


class DeadLetterAction(BaseModel):
    """What was done; with `dry_run`, what would have been done."""

    letters: list[DeadLetter] = Field(description="The letters it was done to")
    left: int = Field(description="How many are left in the queue", examples=[0])
