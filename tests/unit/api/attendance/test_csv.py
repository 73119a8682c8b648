import csv
import io
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.attendance.csv import header, lines
from api.attendance.schemas import AttendanceDay


def day(**fields: Any) -> AttendanceDay:
    values: dict[str, Any] = {
        "user_id": 2,
        "username": "ada",
        "date": date(2026, 11, 23),
        "status": "present",
        "total_time": "00:10:30",
        "total_seconds": 630.25,
        "overlap_seconds": 0.0,
        "provisional": True,
        "computed_status": "present",
        "corrected": False,
        "reason": None,
        "expected": True,
        "rule_id": None,
        "required_seconds": 30,
    }
    return AttendanceDay(**values | fields)


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_the_first_line_names_the_fields() -> None:
    assert header(AttendanceDay) == (
        "user_id,username,date,status,total_time,total_seconds,overlap_seconds,provisional,"
        "computed_status,corrected,reason,expected,rule_id,required_seconds\r\n"
    )


def test_a_day_is_a_line() -> None:
    assert lines([day(), day(user_id=3)]) == (
        "2,ada,2026-11-23,present,00:10:30,630.25,0.0,true,present,false,,true,,30\r\n"
        "3,ada,2026-11-23,present,00:10:30,630.25,0.0,true,present,false,,true,,30\r\n"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_takes_for_a_formula_is_prefixed(start: str) -> None:
    (cells,) = parsed(lines([day(username=f"{start}1+1")]))
    assert cells[1] == f"'{start}1+1"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_name_is_read_back(name: str) -> None:
    (cells,) = parsed(lines([day(username=name)]))
    assert cells[1].removeprefix("'") == name.removeprefix("'")
    assert not cells[1].startswith(("=", "+", "-", "@", "\t", "\r"))
