"""A student's day in a course, as it is answered."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from typing import Literal

from pydantic import BaseModel, Field


class CourseDay(BaseModel):
    """A registered student's day in a course. Its columns in CSV are these fields, in this order."""

    user_id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    date: Date = Field(examples=["2026-11-23"])
    course_id: int = Field(examples=[1])
    status: Literal["present", "absent", "excused"] = Field(
        description="What counts: a correction of the day, else what is computed; `excused` also where too "
        "little was watched on a day on which nobody expected the student in the course",
        examples=["present"],
    )
    total_time: str = Field(
        description="Watch time of the day on videos of the course, `HH:MM:SS`, truncated",
        examples=["00:10:30"],
    )
    total_seconds: float = Field(description="The same, exactly", examples=[630.0])
    provisional: bool = Field(
        description="Whether an event may still arrive in time to change it", examples=[True]
    )
    computed_status: Literal["present", "absent"] = Field(
        description="What watch time makes of it, by the course's rule or, where it has none, the school's",
        examples=["present"],
    )
    corrected: bool = Field(description="Whether an admin has said what counts on that day", examples=[False])
    reason: str | None = Field(description="Why the day was corrected", examples=[None])
    expected: bool = Field(description="Whether the student was expected in the course", examples=[True])
    rule_id: int | None = Field(
        description="The rule that judged it; null is the least watch time of the settings", examples=[3]
    )
    required_seconds: int = Field(description="The watch time that the day asked for", examples=[30])
