from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from api.paging import Page, _day, read_cursor, write_cursor
from core.errors import BadRequest


def page(limit: int | None = None, after: str | None = None, query: str = "") -> Page:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/courses",
        "query_string": query.encode(),
        "headers": [],
    }
    return Page(Request(scope), Response(), limit, after)


@given(st.text(st.characters(codec="ascii"), min_size=1))
def test_a_cursor_leads_back_to_its_key(key: str) -> None:
    assert read_cursor(write_cursor(key)) == key


@pytest.mark.parametrize("cursor", ["!", "a", "é", "x x", "=", "\0", "_w"])
def test_a_cursor_of_somebody_else_makes_no_sense(cursor: str) -> None:
    with pytest.raises(BadRequest):
        page(after=cursor).after_id()


@pytest.mark.parametrize("key", ["", "x", "-1", "1-2", "9223372036854775808", "٣", "2026-11-23"])
def test_a_key_that_is_no_id_makes_no_sense(key: str) -> None:
    with pytest.raises(BadRequest):
        page(after=write_cursor(key) if key.isascii() else key).after_id()


@pytest.mark.parametrize("key", ["", "7", "2026-13-01", "20261"])
def test_a_key_that_is_no_date_makes_no_sense(key: str) -> None:
    with pytest.raises(BadRequest):
        page(after=write_cursor(key)).after_day()


def test_keys_are_read_as_they_were_written() -> None:
    assert page().after_id() == 0
    assert page().after_day() is None
    assert page(after=write_cursor("7")).after_id() == 7
    assert page(after=write_cursor("2026-11-23")).after_day() == date(2026, 11, 23)
    assert page(after=write_cursor("3-9223372036854775807")).after_numbers(2) == (3, 2**63 - 1)


def test_the_last_page_leads_nowhere() -> None:
    last = page(limit=3)
    assert last.cut([1, 2, 3], lambda row: row) == [1, 2, 3]
    assert "link" not in last.response.headers


def test_a_page_leads_on_behind_its_last_row_and_keeps_all_but_the_token() -> None:
    first = page(limit=2, after="old", query="limit=2&from=2026-11-01&token=secret&after=old&empty=")
    assert (first.rows, first.cut([5, 6, 7], lambda row: row)) == (3, [5, 6])
    link = first.response.headers["link"]
    assert link.endswith('>; rel="next"')
    url = urlsplit(link[1 : link.index(">")])
    assert url.path == "/courses"
    assert parse_qs(url.query, keep_blank_values=True) == {
        "limit": ["2"],
        "from": ["2026-11-01"],
        "empty": [""],
        "after": [write_cursor("6")],
    }


def test_a_date_is_written_one_way() -> None:
    assert _day("2026-11-23") == date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "1790000000",
        "2026-13-01",
        "2026-02-30",
        "20261123",
        "2026-W01-1",
        "2026-11-23T00:00",
        "٢٠٢٦-11-23",
    ],
)
def test_a_malformed_date_makes_no_sense(text: str) -> None:
    with pytest.raises(BadRequest):
        _day(text)
