"""Attendance as it is answered: one user's day."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from typing import Literal

from pydantic import BaseModel, Field


class AttendanceDay(BaseModel):
    """One user's day. Its columns in CSV are these fields, in this order."""

    user_id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    date: Date = Field(examples=["2026-11-23"])
    status: Literal["present", "absent"] = Field(examples=["present"])
    total_time: str = Field(description="Watch time of the day, `HH:MM:SS`, truncated", examples=["00:10:30"])
    total_seconds: float = Field(description="Watch time of the day, exactly", examples=[630.0])
    overlap_seconds: float = Field(
        description="How much of the day was watched in more than one place at once", examples=[0.0]
    )
    provisional: bool = Field(
        description="Whether an event may still arrive in time to change it", examples=[True]
    )
