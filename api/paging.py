"""Lists in pages: `from`, `to`, `limit`, `after`, and the `Link` header that leads on (RFC 8288)."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator

from core.errors import BadRequest
from core.security import MAX_ID

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000

MALFORMED_DATE = "a date must be written YYYY-MM-DD"
NO_SUCH_DATE = "there is no such date: check its month and day"
BACKWARDS = "from must not be after to"
BAD_CURSOR = 'after must come from the Link header (rel="next") of the page before'

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,19}")
_Row = TypeVar("_Row")


def read_day(value: str) -> date:
    """Read a date as it is written in the contract, and in no other of the ways pydantic knows.

    Raises:
        BadRequest: it is none.

    """
    if _DATE.fullmatch(value) is None:
        raise BadRequest(MALFORMED_DATE)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadRequest(NO_SUCH_DATE) from error


def _day(value: object) -> object:
    return read_day(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]
"""A date in a path or a query: 400 where it is malformed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `limit` is None where the client named none."""

    request: Request
    response: Response
    asked_limit: int | None
    after: str | None

    @property
    def limit(self) -> int:
        return self.asked_limit or DEFAULT_LIMIT

    @property
    def rows(self) -> int:
        """How many rows to read: one more than are answered tells whether there is a next page."""
        return self.limit + 1

    def after_id(self) -> int:
        """Return the id behind which the page begins; 0 for the first one."""
        numbers = self.after_numbers(1)
        return numbers[0] if numbers else 0

    def after_numbers(self, count: int) -> tuple[int, ...] | None:
        """Return the numbers, written `1-2-3`, behind which the page begins; None for the first one."""
        key = self._key()
        if key is None:
            return None
        parts = key.split("-")
        if len(parts) != count or not all(_NUMBER.fullmatch(part) for part in parts):
            raise BadRequest(BAD_CURSOR)
        numbers = tuple(int(part) for part in parts)
        if max(numbers) > MAX_ID:
            raise BadRequest(BAD_CURSOR)
        return numbers

    def after_day(self) -> date | None:
        """Return the date behind which the page begins; None for the first one."""
        key = self._key()
        try:
            return None if key is None else date.fromisoformat(key)
        except ValueError as error:
            raise BadRequest(BAD_CURSOR) from error

    def cut(self, rows: Sequence[_Row], key: Callable[[_Row], object]) -> list[_Row]:
        """Return the rows of this page; where there are more, lead on behind the key of the last one."""
        page = list(rows[: self.limit])
        if len(rows) > self.limit:
            self.response.headers["Link"] = f'<{self._next(str(key(page[-1])))}>; rel="next"'
        return page

    def _next(self, key: str) -> str:
        """Return where the next page is, without the token: addresses are kept and passed on."""
        kept = [
            (name, value)
            for name, value in parse_qsl(self.request.url.query, keep_blank_values=True)
            if name not in {"after", "token"}
        ]
        return f"{self.request.url.path}?{urlencode([*kept, ('after', write_cursor(key))])}"

    def _key(self) -> str | None:
        return None if self.after is None else read_cursor(self.after)


@dataclass(frozen=True, slots=True)
class Days:
    """The dates asked for, both included; None is open."""

    first: date | None
    last: date | None


def write_cursor(key: str) -> str:
    """Return a key as clients see it: they pass it on and read nothing into it."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the key of a cursor.

    Raises:
        BadRequest: it is none of ours.

    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error) as error:
        raise BadRequest(BAD_CURSOR) from error


async def _page(
    request: Request,
    response: Response,
    limit: Annotated[
        int | None, Query(ge=1, le=MAX_LIMIT, description=f"Rows at most; {DEFAULT_LIMIT} by default")
    ] = None,
    after: Annotated[
        str | None, Query(description='Cursor from the `Link: rel="next"` header of the page before')
    ] = None,
) -> Page:
    return Page(request, response, limit, after)


async def _days(
    first: Annotated[
        Day | None, Query(alias="from", description="First date", examples=["2026-11-01"])
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last date", examples=["2026-11-30"])] = None,
) -> Days:
    if first is not None and last is not None and first > last:
        raise BadRequest(BACKWARDS)
    return Days(first, last)


PageQuery = Annotated[Page, Depends(_page)]
DaysQuery = Annotated[Days, Depends(_days)]

LINK_HEADER: dict[str, Any] = {
    "Link": {
        "description": 'The next page, as `<…>; rel="next"`; absent on the last',
        "schema": {"type": "string"},
    }
}
"""For the documentation of a list's answer."""
