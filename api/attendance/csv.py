"""Attendance as CSV (RFC 4180), safe to open in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterable

from pydantic import BaseModel

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def header(model: type[BaseModel]) -> str:
    """Return the first line: the fields of what is listed."""
    return _lines([model.model_fields])


def lines(rows: Iterable[BaseModel]) -> str:
    """Return one line per row."""
    return _lines([_cell(value) for _, value in row] for row in rows)


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
