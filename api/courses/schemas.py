"""Courses as they are answered."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class CourseAnswer(BaseModel):
    """A course."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    course_title: str = Field(examples=["Statistics 101"])
    link: str | None = Field(
        description="Where it comes from; null where it was made here",
        examples=["https://www.youtube.com/playlist?list=PL0123456789abcdef"],
    )
    created_at: datetime = Field(examples=["2026-11-23T10:00:00Z"])


class Registered(BaseModel):
    """The student has a place in the course."""

    message: str = Field(examples=["You are registered."])


class Enrollment(BaseModel):
    """Whether the user has a place in the course."""

    enrolled: bool = Field(examples=[True])
