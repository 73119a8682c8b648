"""From the bytes of a CSV file to its lines. Pure.

What spreadsheets save is taken as it comes: commas, semicolons or tabs, UTF-8 with or without a mark, UTF-16
with one, `sep=;` in a line before the others. Every other encoding has to be named, because guessing one
spoils names.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.accounts import caseless, email_of, username_of
from core.errors import BadRequest

ENCODINGS = (
    "utf-8",
    "utf-16",
    *(f"windows-125{n}" for n in range(9)),
    "iso-8859-1",
    "iso-8859-15",
    "macintosh",
)
"""Which may be named."""

COLUMNS = ("username", "email", "course_id", "course")
REQUIRED = ("username", "email")
DELIMITERS = ",;\t"
_BEFORE = re.compile(r'[\r\n]*(?:"?sep=(?P<delimiter>\t|[^"\w\s])"?[^\S\r\n]*\r?\n[\r\n]*)?', re.IGNORECASE)
"""What may stand before the line that names the columns: blank lines, and the delimiter, for Excel."""

EMPTY = "the file is empty: its first line must name the columns, and at least one line must follow"
NO_ENCODING = f"this encoding is not known: send one of {', '.join(ENCODINGS)}"
NOT_IN_ENCODING = (
    "the file is not in the encoding it should be in: save it as `CSV UTF-8`, or name its encoding"
)
MISSING = "a column is missing: the first line must name username and email"
TWICE = "a column stands twice in the first line: keep one of them"
TWO_COURSES = "course_id and course are both there: keep one of them"
BROKEN = (
    "the file is no CSV: a quotation mark that opens must close, and a cell has at most 131072 characters"
)

REASONS = (EMPTY, NO_ENCODING, NOT_IN_ENCODING, MISSING, TWICE, TWO_COURSES, BROKEN)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Line:
    """A student, and a course by its id or its title, if one is named."""

    number: int
    """Of the line in the file, counted from 1, as an editor shows it."""
    username: str
    email: str
    course_id: int | None = None
    course_title: str | None = None

    @property
    def username_key(self) -> str:
        return caseless(self.username)

    @property
    def email_key(self) -> str:
        return caseless(self.email)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a line cannot be used."""

    number: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file whose first line makes sense."""

    text: str
    begin: int
    """Where in the text the line is that names the columns."""
    delimiter: str
    columns: Sequence[str]

    @property
    def ignored_columns(self) -> list[str]:
        """Return the names of columns that mean nothing here."""
        return [name for name in self.columns if name and name not in COLUMNS]

    def count(self) -> int:
        """Return how many lines there are. Takes a while: it reads them all.

        Raises:
            BadRequest: there are none, or the file is broken further down.

        """
        total = sum(1 for _ in self._rows())
        if not total:
            raise BadRequest(EMPTY)
        return total

    def lines(self) -> Iterator[Line | Mistake]:
        """Yield every line but the first and the blank ones.

        Raises:
            BadRequest: from here on it is no CSV.

        """
        for number, cells in self._rows():
            yield self._line(number, cells)

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        rows = csv.reader(_from(self.text, self.begin), delimiter=self.delimiter, strict=True)
        before = self.text.count("\n", 0, self.begin)
        try:
            next(rows)
            number = before + rows.line_num + 1
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    yield number, cells
                number = before + rows.line_num + 1
        except csv.Error as error:
            raise BadRequest(BROKEN) from error

    def _line(self, number: int, cells: Sequence[str]) -> Line | Mistake:
        if len(cells) > len(self.columns):
            return Mistake(number, "", "it has more cells than the first line has columns")
        named = dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))
        column = ""
        try:
            column = "username"
            username = username_of(_plain(named.get(column, "")))
            column = "email"
            email = email_of(_plain(named.get(column, "")))
            column = "course_id"
            course_id = _number(named.get(column, ""))
            column = "course"
            return Line(number, username, email, course_id, _plain(named.get(column, "")) or None)
        except ValueError as error:
            return Mistake(number, column, str(error))


def read_sheet(content: bytes, encoding: str | None = None) -> Sheet:
    """Return a file as text with known columns; `encoding` counts where no byte order mark says another one.

    Raises:
        BadRequest: it cannot be read at all.

    """
    text = _decode(content, encoding)
    before = _BEFORE.match(text)
    assert before is not None, "nothing at all is enough for it"
    begin = before.end()
    first = text[begin:].partition("\n")[0].strip()
    if not first:
        raise BadRequest(EMPTY)
    delimiter = before["delimiter"] or max(DELIMITERS, key=first.count)
    try:
        header = next(csv.reader(_from(text, begin), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadRequest(BROKEN) from error
    columns = [cell.strip().casefold() for cell in header]
    known = [name for name in columns if name in COLUMNS]
    if len(known) != len(set(known)):
        raise BadRequest(TWICE)
    if not set(REQUIRED) <= set(known):
        raise BadRequest(MISSING)
    if {"course_id", "course"} <= set(known):
        raise BadRequest(TWO_COURSES)
    return Sheet(text, begin, delimiter, columns)


def _from(text: str, begin: int) -> io.StringIO:
    opened = io.StringIO(text, newline="")
    opened.seek(begin)
    return opened


def _decode(content: bytes, encoding: str | None) -> str:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise BadRequest(NO_ENCODING)
    try:
        return content.decode(marked or encoding or "utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(NOT_IN_ENCODING) from error


def _plain(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from computing it; refuse a formula."""
    if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS):
        return cell[1:]
    if cell.startswith("="):
        raise ValueError("must not be a formula")
    return cell


def _number(cell: str) -> int | None:
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) < len(str(2**63))):
        raise ValueError("must be the number of a course")
    return int(cell)
