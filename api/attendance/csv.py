"""Attendance as CSV (RFC 4180), safe to open in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterable

from pydantic import BaseModel

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def header(model: type[BaseModel]) -> str:
    """Return the first line: the fields of what is listed."""
    return text([model.model_fields])


def lines(rows: Iterable[BaseModel]) -> str:
    """Return one line per row, of its fields."""
    return text([value for _, value in row] for row in rows)


def text(rows: Iterable[Iterable[object]]) -> str:
    """Return one line per row."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue()


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
