"""Attendance as CSV (RFC 4180), safe to open in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterable

from api.attendance.schemas import AttendanceDay

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = tuple(AttendanceDay.model_fields)


def header() -> str:
    """Return the first line."""
    return _lines([_COLUMNS])


def lines(days: Iterable[AttendanceDay]) -> str:
    """Return one line per day."""
    return _lines([_cell(getattr(day, column)) for column in _COLUMNS] for day in days)


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
