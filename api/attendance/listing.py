"""Attendance in pages as JSON, or as CSV: one page where a limit was given, else all of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import csv
from api.attendance.negotiation import prefers_csv
from api.attendance.service import PAGE_ROWS
from api.paging import LINK_HEADER, Page
from api.state import State

MEDIA_TYPE = "text/csv"

Key = TypeVar("Key")
Row = TypeVar("Row", bound=BaseModel)


def listed(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that lists rows of a model."""
    example = csv.header(model)
    return {
        200: {
            "headers": LINK_HEADER,
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": example}},
        }
    }


@dataclass(frozen=True, slots=True)
class Listing(Generic[Key, Row]):
    """`read` returns at most so many rows behind a key, or from the first one on; `key` is a row's."""

    model: type[Row]
    read: Callable[[AsyncSession, Key | None, int], Awaitable[Sequence[Row]]]
    key: Callable[[Row], Key]

    async def answer(
        self, session: AsyncSession, state: State, page: Page, after: Key | None
    ) -> list[Row] | Response:
        """Answer a request in the form it prefers."""
        page.response.headers["Vary"] = "Accept"
        as_csv = prefers_csv(page.request.headers.get("accept"))
        if as_csv and page.asked_limit is None:
            first = await self.read(session, after, PAGE_ROWS)
            return _as_csv(self._lines(state, first), page)
        rows = page.cut(await self.read(session, after, page.rows), self.key)
        return _as_csv(_once(csv.header(self.model) + csv.lines(rows)), page) if as_csv else rows

    async def _lines(self, state: State, rows: Sequence[Row]) -> AsyncIterator[str]:
        """Yield everything, each page from a transaction of its own: whoever reads may be slow."""
        yield csv.header(self.model) + csv.lines(rows)
        while len(rows) == PAGE_ROWS:
            async with state.transaction() as session:
                rows = await self.read(session, self.key(rows[-1]), PAGE_ROWS)
            yield csv.lines(rows)


def _as_csv(lines: AsyncIterator[str], page: Page) -> Response:
    headers = {**page.response.headers, "Content-Disposition": 'attachment; filename="attendance.csv"'}
    return StreamingResponse(lines, headers=headers, media_type=MEDIA_TYPE)


async def _once(text: str) -> AsyncIterator[str]:
    yield text
