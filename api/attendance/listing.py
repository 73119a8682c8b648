"""Rows in pages as JSON, or as a file: one page where a limit was given, else all of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.attendance import csv
from api.attendance.downloads import Rows, Table, download
from api.attendance.negotiation import Form
from api.attendance.service import PAGE_ROWS
from api.paging import LINK_HEADER, Page
from api.state import State

Key = TypeVar("Key")
Row = TypeVar("Row", bound=BaseModel)
Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]


def listed(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that lists rows of a model."""
    return {200: {"headers": LINK_HEADER, "content": files(csv.header(model))}}


def files(example: str) -> dict[str, Any]:
    """Return what an answer may contain beside JSON."""
    return {
        Form.CSV.media_type: {"schema": {"type": "string"}, "example": example},
        Form.XLSX.media_type: {"schema": {"type": "string", "format": "binary"}, "example": "PK"},
    }


@dataclass(frozen=True, slots=True)
class Listing(Generic[Key, Row]):
    """`read` returns at most so many rows behind a key, or from the first one on; `key` is a row's.

    A file of it has the columns of the model and what its rows hold, unless `columns` and `cells` say else.
    """

    model: type[Row]
    read: Callable[[AsyncSession, Key | None, int], Awaitable[Sequence[Row]]]
    key: Callable[[Row], Key]
    name: str = "attendance"
    columns: Sequence[str] = ()
    cells: Callable[[Row], Sequence[object]] = lambda row: [value for _, value in row]
    at_a_time: int = PAGE_ROWS

    async def page(self, session: AsyncSession, page: Page, after: Key | None) -> list[Row]:
        """Return one page, and lead on to the next."""
        return page.cut(await self.read(session, after, page.rows), self.key)

    async def answer(
        self, session: AsyncSession, state: State, page: Page, after: Key | None, form: Form
    ) -> list[Row] | Response:
        """Answer a request in the form it prefers."""
        if form is Form.JSON:
            return await self.page(session, page, after)
        if page.asked_limit is None:
            first = await self.read(session, after, self.at_a_time)
            pages = self._pages(state.transaction, first)
        else:
            pages = _once(await self.page(session, page, after), self.cells)
        return download(self._table(pages), form, dict(page.response.headers))

    async def table(self, transaction: Transaction) -> Table:
        """Return all of it."""
        async with transaction() as session:
            first = await self.read(session, None, self.at_a_time)
        return self._table(self._pages(transaction, first))

    def _table(self, pages: AsyncIterator[Rows]) -> Table:
        return Table(self.name, self.columns or list(self.model.model_fields), pages)

    async def _pages(self, transaction: Transaction, rows: Sequence[Row]) -> AsyncIterator[Rows]:
        """Yield everything, each page from a transaction of its own: whoever reads may be slow."""
        yield [self.cells(row) for row in rows]
        while len(rows) == self.at_a_time:
            async with transaction() as session:
                rows = await self.read(session, self.key(rows[-1]), self.at_a_time)
            yield [self.cells(row) for row in rows]


async def _once(rows: Sequence[Row], cells: Callable[[Row], Sequence[object]]) -> AsyncIterator[Rows]:
    yield [cells(row) for row in rows]
