"""Courses as they are asked for and answered."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.content import PlainDay, Seconds
from api.deps import Text

_PLAYLIST = "https://www.youtube.com/playlist?list=PL0123456789abcdef"
_PAGE = "https://school.example/statistics"
_YEAR_OF_HOURS = 366 * 24

Hours = Annotated[int, Field(strict=True, ge=1, le=_YEAR_OF_HOURS)]


class CourseAnswer(BaseModel):
    """A course."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    course_title: str = Field(examples=["Statistics 101"])
    link: str | None = Field(
        description="Where it comes from; null where it was made here", examples=[_PLAYLIST]
    )
    resync_hours: int | None = Field(
        description="How often its playlist is imported again; never where it is null", examples=[None]
    )
    first_day: date | None = Field(
        description="From when on its students are expected; at any time where it is null", examples=[None]
    )
    last_day: date | None = Field(description="Until when", examples=[None])
    archived_at: datetime | None = Field(
        description="Since when it takes no new registrations", examples=[None]
    )
    created_at: datetime = Field(examples=["2026-11-23T10:00:00Z"])


class NewCourse(BaseModel):
    """A course that comes from nowhere else."""

    model_config = ConfigDict(hide_input_in_errors=True)

    course_title: Text = Field(examples=["Statistics 101"])
    link: Text | None = Field(None, description="A page about it", examples=[_PAGE])


class CourseChange(BaseModel):
    """What is to be different; what is left out stays as it is."""

    model_config = ConfigDict(hide_input_in_errors=True)

    course_title: Text = Field(default_factory=str, examples=["Statistics 102"])
    link: Text | None = Field(None, examples=[_PAGE])
    resync_hours: Hours | None = Field(
        None,
        description="How often to import its playlist again; null for never. Only where it came from one",
        examples=[24],
    )
    first_day: PlainDay | None = Field(
        None,
        description="From when on its students are expected; null for ever since",
        examples=["2026-09-01"],
    )
    last_day: PlainDay | None = Field(None, description="Until when; null for ever", examples=["2027-06-30"])


class NewVideo(BaseModel):
    """A video anywhere on the web; it goes to the end of its course."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: Text = Field(examples=["Means and medians"])
    video_link: Text = Field(examples=["https://school.example/videos/means.mp4"])
    duration_seconds: Seconds | None = Field(None, description="Where it is known", examples=[630])
    assigned_on: PlainDay | None = Field(
        None, description="The day on which students are to watch it", examples=["2026-11-23"]
    )


class Registered(BaseModel):
    """The student has a place in the course."""

    message: str = Field(examples=["You are registered."])


class Enrollment(BaseModel):
    """Whether the user has a place in the course."""

    enrolled: bool = Field(examples=[True])
