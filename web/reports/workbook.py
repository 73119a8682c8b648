"""What a heat map shows, as a spreadsheet: one sheet of watch times, one of what counts."""

import asyncio
from io import BytesIO

import xlsxwriter

from web.days.standing import standing
from web.reports.heat import Heat

_DAY_SECONDS = 86_400
_FIRST_DAY_COLUMN = 3


async def workbook_of(heat: Heat) -> bytes:
    """Return the workbook; made beside the event loop."""
    return await asyncio.to_thread(_write, heat)


def _write(heat: Heat) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd", "bold": True}),
            "provisional": book.add_format({"num_format": "yyyy-mm-dd", "bold": True, "italic": True}),
            "length": book.add_format({"num_format": "[h]:mm:ss"}),
            "bold": book.add_format({"bold": True}),
        }
        for title in ("Watch time", "Status"):
            _fill(book.add_worksheet(title), heat, formats, statuses=title == "Status")
    return file.getvalue()


def _fill(
    sheet: xlsxwriter.worksheet.Worksheet, heat: Heat, formats: dict[str, object], *, statuses: bool
) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, _FIRST_DAY_COLUMN + len(heat.days), 11)
    for column, title in enumerate(("Student", "Present", "Watched")):
        sheet.write_string(0, column, title, formats["bold"])
    columns = {day.date: _FIRST_DAY_COLUMN + number for number, day in enumerate(heat.days)}
    for day in heat.days:
        sheet.write_datetime(
            0, columns[day.date], day.date, formats["provisional" if day.provisional else "date"]
        )
    for line, student in enumerate(heat.students, start=1):
        sheet.write_string(line, 0, student.username)
        sheet.write_string(line, 1, f"{student.present} of {student.expected}")
        sheet.write_number(line, 2, student.seconds / _DAY_SECONDS, formats["length"])
        for row in student.days:
            if statuses:
                said = standing(row, heat.today) + (" (corrected)" if row.corrected else "")
                sheet.write_string(line, columns[row.date], said)
            else:
                sheet.write_number(
                    line, columns[row.date], row.total_seconds / _DAY_SECONDS, formats["length"]
                )
