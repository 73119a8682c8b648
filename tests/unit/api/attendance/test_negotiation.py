import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.attendance.negotiation import prefers_csv


@pytest.mark.parametrize(
    "accept",
    [
        "text/csv",
        "Text/CSV; charset=utf-8",
        "text/csv, */*",
        "*/*, text/csv",
        "application/json;q=0.5, text/csv;q=0.9",
        "text/*",
        "application/json;q=0, */*",
        "text/csv;q=0.5, application/json;q=0.4",
    ],
)
def test_csv_is_answered_to_who_likes_it_better(accept: str) -> None:
    assert prefers_csv(accept)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/csv;q=0",
        "text/csv;q=0, text/*",
        "application/json, text/csv",
        "application/json, text/csv;q=0.9",
        "application/json;q=1, text/*;q=1",
        "image/png",
    ],
)
def test_json_is_answered_to_everybody_else(accept: str | None) -> None:
    assert not prefers_csv(accept)


@given(st.text())
def test_no_header_breaks_it(accept: str) -> None:
    prefers_csv(accept)
