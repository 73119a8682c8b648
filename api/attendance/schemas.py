"""Attendance as it is answered: one user's day."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from typing import Literal

from pydantic import BaseModel, Field


class AttendanceDay(BaseModel):
    """One user's day. Its columns in CSV are these fields, in this order."""

    user_id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    date: Date = Field(examples=["2026-11-23"])
    status: Literal["present", "absent", "excused"] = Field(
        description="What counts: the correction if there is one, else what is computed; `excused` also "
        "where too little was watched on a day on which nobody expected the student",
        examples=["present"],
    )
    total_time: str = Field(description="Watch time of the day, `HH:MM:SS`, truncated", examples=["00:10:30"])
    total_seconds: float = Field(description="Watch time of the day, exactly", examples=[630.0])
    overlap_seconds: float = Field(
        description="How much of the day was watched in more than one place at once", examples=[0.0]
    )
    provisional: bool = Field(
        description="Whether an event may still arrive in time to change it", examples=[True]
    )
    computed_status: Literal["present", "absent"] = Field(
        description="What watch time alone makes of the day", examples=["present"]
    )
    corrected: bool = Field(description="Whether an admin has said what counts", examples=[False])
    reason: str | None = Field(description="Why it was corrected", examples=[None])
    expected: bool = Field(description="Whether the student was expected on that day", examples=[True])
    rule_id: int | None = Field(
        description="The rule that judged it; null is the least watch time of the settings", examples=[3]
    )
    required_seconds: int = Field(description="The watch time that the day asked for", examples=[30])
