"""Reports as they are answered."""

from datetime import date as Date  # noqa: N812 - as in the other schemas

from pydantic import BaseModel, Field

LETTERS = {"present": "P", "absent": "A", "excused": "E"}


class Totals(BaseModel):
    """How a student did on some days."""

    user_id: int = Field(examples=[2])
    username: str = Field(examples=["ada"])
    present: int = Field(description="Days present", examples=[18])
    absent: int = Field(description="Days absent", examples=[2])
    excused: int = Field(description="Days excused", examples=[1])
    rate: float | None = Field(
        description="Days present of those present or absent; null where there is none", examples=[0.9]
    )
    total_time: str = Field(description="Watch time, `HH:MM:SS`, truncated", examples=["03:09:00"])
    total_seconds: float = Field(description="Watch time, exactly", examples=[11340.0])


class StudentDays(Totals):
    """A row of the matrix."""

    statuses: list[str] = Field(
        description="One letter a day: `P` present, `A` absent, `E` excused; empty where the student was "
        "neither expected nor seen",
        examples=[["P", "A", ""]],
    )
    seconds: list[float] = Field(description="Watch time of each day", examples=[[630.0, 0.0, 0.0]])


class Matrix(BaseModel):
    """Students by days."""

    days: list[Date] = Field(examples=[["2026-11-21", "2026-11-22", "2026-11-23"]])
    students: list[StudentDays]


class Summary(Totals):
    """How a student did in a course. Its columns in CSV are these fields, in this order."""

    unique_seconds: float = Field(
        description="How much of the course's videos was seen at least once, ever, as far as the player says",
        examples=[9120.0],
    )
    course_seconds: int = Field(description="How long the videos of the course are", examples=[36000])
    seen: float | None = Field(
        description="The former as a part of the latter; null where no length is known", examples=[0.2533]
    )
