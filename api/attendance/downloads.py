"""Tables of any length as files: CSV as it is read, XLSX by way of a temporary file. Memory stays flat."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from api.attendance import csv
from api.attendance.negotiation import Form

SHEET_ROWS = 1_048_576
"""What a sheet can hold, by the format; what is more goes into another one."""

PIECE_BYTES = 256 * 1024

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Table:
    """A name for the file, the columns, and the rows, some at a time."""

    name: str
    columns: Sequence[str]
    pages: AsyncIterator[Rows]


def download(table: Table, form: Form, headers: dict[str, str]) -> Response:
    """Return a table as a file. The head of the answer goes out at once, however long the rest takes."""
    name = f"{table.name}.{form.value}"
    headers = {**headers, "Content-Disposition": f'attachment; filename="{name}"'}
    content = csv_lines(table) if form is Form.CSV else xlsx_pieces(table)
    return StreamingResponse(content, headers=headers, media_type=form.media_type)


async def csv_lines(table: Table) -> AsyncIterator[str]:
    """Yield the text of a table."""
    yield csv.text([table.columns])
    async for rows in table.pages:
        yield csv.text(rows)


async def xlsx_pieces(table: Table) -> AsyncIterator[bytes]:
    """Yield the bytes of a workbook; the format has them begin when the last row is known."""
    with TemporaryDirectory(prefix="edutrack-report-") as folder:
        path = Path(folder) / f"{table.name}.xlsx"
        await write_xlsx(table, path)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece


async def write_xlsx(table: Table, path: Path) -> None:
    """Write a table into a workbook, off the event loop."""
    book = _Book(path, table.columns)
    try:
        async for rows in table.pages:
            await asyncio.to_thread(book.add, rows)
    finally:
        await asyncio.to_thread(book.close)


class _Book:
    """A workbook that keeps one row in memory. Whatever is text stays text: nothing in it is a formula."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "default_date_format": "yyyy-mm-dd"}
        self._book = Workbook(str(path), options)
        self._columns = columns
        self._sheet = self._begin()
        self._next = 1

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            if self._next == SHEET_ROWS:
                self._sheet, self._next = self._begin(), 1
            for column, value in enumerate(row):
                _write(self._sheet, self._next, column, value)
            self._next += 1

    def close(self) -> None:
        self._book.close()

    def _begin(self) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet()
        for column, name in enumerate(self._columns):
            sheet.write_string(0, column, name)
        sheet.freeze_panes(1, 0)
        return sheet


def _write(sheet: Any, row: int, column: int, value: object) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        sheet.write_datetime(row, column, value)
    else:
        sheet.write_string(row, column, str(value))
