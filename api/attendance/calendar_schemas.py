"""The school's calendar: one document, read and written whole."""

from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.content import PlainDay
from api.deps import Text

MOST_HOLIDAYS = 5_000

Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class NewHoliday(BaseModel):
    """A date without school."""

    model_config = ConfigDict(hide_input_in_errors=True)

    date: PlainDay = Field(examples=["2026-12-25"])
    name: Text = Field(examples=["Christmas"])


class NewCalendar(BaseModel):
    """On which days there is school. It takes the place of the one before, as a whole."""

    model_config = ConfigDict(hide_input_in_errors=True)

    weekdays: list[Weekday] = Field(
        max_length=7, description="ISO weekdays with school, 1 is Monday", examples=[[1, 2, 3, 4, 5]]
    )
    holidays: list[NewHoliday] = Field(default_factory=list, max_length=MOST_HOLIDAYS)


class HolidayAnswer(BaseModel):
    """A date without school."""

    model_config = ConfigDict(from_attributes=True)

    date: Date = Field(examples=["2026-12-25"])
    name: str = Field(examples=["Christmas"])


class CalendarAnswer(BaseModel):
    """On which days there is school."""

    weekdays: list[int] = Field(description="ISO weekdays, 1 is Monday", examples=[[1, 2, 3, 4, 5]])
    holidays: list[HolidayAnswer] = Field(description="By date")
