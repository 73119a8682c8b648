"""Holidays as people think of them: from a day to a day, under one name. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field is called `date` itself
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from api.attendance.calendar_schemas import HolidayAnswer
from api.content import PlainDay
from api.deps import Text

MOST_DAYS = 366
_DAY = timedelta(days=1)


class NewStretch(BaseModel):
    """A day without school, or all days from one to another."""

    model_config = ConfigDict(hide_input_in_errors=True)

    date: PlainDay
    last: PlainDay | None = None
    name: Text = "Holiday"

    @field_validator("last")
    @classmethod
    def _is_in_order(cls, last: Date | None, known: ValidationInfo) -> Date | None:
        first = known.data.get("date")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            raise ValueError(f"choose the first day, or one of the {MOST_DAYS - 1} days after it")
        return last

    def days(self) -> list[Date]:
        """Return each day, both ends included."""
        count = ((self.last or self.date) - self.date).days + 1
        return [self.date + number * _DAY for number in range(count)]


class Removal(BaseModel):
    """Up to which day holidays are removed, however far away that is."""

    model_config = ConfigDict(hide_input_in_errors=True)

    until: PlainDay | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Holidays of one name, on days that follow each other."""

    name: str
    days: list[Date]


def stretches(holidays: Iterable[HolidayAnswer]) -> list[Stretch]:
    """Return holidays joined where one follows the other under the same name, the latest first."""
    found: list[Stretch] = []
    for one in sorted(holidays, key=lambda each: each.date):
        if found and found[-1].name == one.name and found[-1].days[-1] + _DAY == one.date:
            found[-1].days.append(one.date)
        else:
            found.append(Stretch(one.name, [one.date]))
    return found[::-1]
