import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.attendance.negotiation import Form, preferred


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
    assert preferred(accept) is Form.CSV


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
    assert preferred(accept) is Form.JSON


@given(st.text())
def test_no_header_breaks_it(accept: str) -> None:
    preferred(accept)


def test_a_workbook_is_answered_to_who_names_it() -> None:
    assert preferred(f"{Form.XLSX.media_type}, text/csv;q=0.9, */*;q=0.1") is Form.XLSX
    assert preferred("application/*") is Form.JSON
