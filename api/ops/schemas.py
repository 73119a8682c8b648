"""Queues as they are answered."""

from pydantic import BaseModel, Field


class QueueAnswer(BaseModel):
    """One queue as it stands. Null where that is not measured, or not known while Redis is away."""

    name: str = Field(examples=["edutrack.progress"])
    ready: int = Field(description="Messages waiting", examples=[0])
    unacked: int | None = Field(description="Messages workers are busy with", examples=[1])
    consumers: int = Field(description="Workers attached", examples=[1])
    in_rate: float | None = Field(description="Events per second published", examples=[12.5])
    out_rate: float | None = Field(description="Events per second committed", examples=[12.5])
    oldest_seconds: int | None = Field(
        description="Age of the oldest message; null in an empty queue", examples=[2]
    )
