"""`edutrack export`: what is stored, as files for spreadsheets and programs."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import reached
from cli.files import writing
from cli.rows import First, Last
from core.errors import BadRequest

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy.ext.asyncio import AsyncSession

    from api.attendance.reports import MatrixReader
    from core.policy import Policy

app = typer.Typer(no_args_is_help=True, help="Files for spreadsheets and programs.")

NEEDS_FILE = "say with -o where to put it: a workbook cannot be printed"
FORMS = ("csv", "xlsx", "json")


@app.callback()
def group() -> None:
    """Files for spreadsheets and programs."""


@app.command()
def attendance(
    first: First = None,
    last: Last = None,
    course: Annotated[int | None, typer.Option("--course", help="Only this course's id.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", help="csv, xlsx or json; else as the file is called, or csv.")
    ] = None,
    seconds: Annotated[
        bool, typer.Option("--seconds", help="Seconds instead of letters in csv and xlsx.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file; printed where there is none.")
    ] = None,
) -> None:
    """Export students by days: a letter for each day (P present, A absent, E excused), and totals.

    A month up to today unless dates are given.
    """
    if form is None:
        suffix = output.suffix.removeprefix(".").lower() if output else ""
        form = suffix if suffix in FORMS else "csv"
    if form not in FORMS:
        raise typer.BadParameter(f"--format is one of {', '.join(FORMS)}")
    if first and last and last < first:
        raise typer.BadParameter("--to is earlier than --from")
    if form == "xlsx" and output is None:
        raise BadRequest(NEEDS_FILE)
    with writing(output) if output else nullcontext():
        asyncio.run(_export(first, last, course, form, output, in_seconds=seconds))


async def _export(
    first: datetime | None,
    last: datetime | None,
    course_id: int | None,
    form: str,
    output: Path | None,
    *,
    in_seconds: bool,
) -> None:
    from api.attendance.downloads import csv_lines, write_xlsx
    from api.attendance.reports import matrix_listing

    async with reached("edutrack-export") as (sessions, settings):
        matrix = await _matrix(sessions.begin, settings.policy, first, last, course_id)
        listing = matrix_listing(matrix, in_seconds=in_seconds)
        if form == "xlsx":
            assert output is not None
            await write_xlsx(await listing.table(sessions.begin), output)
            return
        lines = (
            csv_lines(await listing.table(sessions.begin))
            if form == "csv"
            else _json(matrix, sessions.begin, listing.at_a_time)
        )
        with output.open("w", newline="", encoding="utf-8") if output else nullcontext(sys.stdout) as written:
            async for text in lines:
                written.write(text)


async def _matrix(
    transaction: "Callable[[], AbstractAsyncContextManager[AsyncSession]]",
    policy: "Policy",
    first: datetime | None,
    last: datetime | None,
    course_id: int | None,
) -> "MatrixReader":
    from api.attendance.courses import CourseReader, days_asked
    from api.attendance.reports import MatrixReader
    from api.attendance.service import Reader
    from core.calendar import local_date
    from core.clock import utc_now

    reader = Reader(policy, local_date(utc_now(), policy.zone))
    days = days_asked(first.date() if first else None, last.date() if last else None, reader.today)
    if course_id is not None:
        async with transaction() as session:
            await CourseReader(reader, course_id, days).require(session)
    return MatrixReader(reader, days, course_id)


async def _json(
    matrix: "MatrixReader",
    transaction: "Callable[[], AbstractAsyncContextManager[AsyncSession]]",
    at_a_time: int,
) -> AsyncIterator[str]:
    """Yield what `/attendance/report` answers, as if all students were on one page."""
    import json

    yield f'{{"days":{json.dumps([str(day) for day in matrix.days])},"students":['
    after, comma = 0, ""
    while True:
        async with transaction() as session:
            rows = await matrix.rows(session, after, at_a_time)
        for row in rows:
            yield f"{comma}{row.model_dump_json()}"
            comma = ","
        if len(rows) < at_a_time:
            break
        after = rows[-1].user_id
    yield "]}\n"
