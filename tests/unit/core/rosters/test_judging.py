from collections.abc import Iterable
from random import Random

import pytest

from core.rosters.judging import Account, Judge, Known, Outcome, Verdict
from core.rosters.reading import Line, Mistake

ADA = Account(1, "ada", "ada@example.org", "student")
GRACE = Account(2, "grace", "grace@example.org", "admin")
KNOWN = Known(
    accounts={"ada": ADA, "grace": GRACE},
    owners={"ada@example.org": "ada", "grace@example.org": "grace"},
    courses={7: "optics", 8: "logic", 9: "logic"},
    places={("ada", 7)},
)


def line(number: int, name: str, email: str = "", course: int | str | None = None) -> Line:
    title = course if isinstance(course, str) else None
    return Line(
        number, name, email or f"{name}@example.org", course if isinstance(course, int) else None, title
    )


def judge(lines: Iterable[Line | Mistake]) -> list[Verdict]:
    return list(Judge().judge(lines, KNOWN))


def outcomes(*lines: Line | Mistake) -> list[str]:
    return [verdict.outcome.value for verdict in judge(lines)]


def test_a_line_that_says_what_is_so_changes_nothing() -> None:
    assert (
        outcomes(line(2, "ada"), line(3, "ada", course=7), line(4, "ada", course="Optics"))
        == ["unchanged"] * 3
    )


def test_a_student_who_is_new_is_created_by_the_first_line() -> None:
    assert outcomes(line(2, "joan", course=7), line(3, "joan", course=8), line(4, "Joan", course=8)) == [
        "created",
        "updated",
        "unchanged",
    ]


def test_a_student_is_spelled_as_in_the_first_line_so_that_the_same_file_changes_nothing() -> None:
    first, second = judge([line(2, "joan", course=7), line(3, "JOAN", "JOAN@example.org", course=8)])
    assert first.line is not None
    assert second.line is not None
    assert (second.outcome, second.course_id, second.line.number) == (Outcome.UPDATED, 8, 3)
    assert (second.line.username, second.line.email) == (first.line.username, first.line.email)


def test_another_spelling_or_address_or_a_place_is_an_update() -> None:
    assert outcomes(line(2, "Ada", "ada@example.org")) == ["updated"]
    assert outcomes(line(2, "ada", "countess@example.org")) == ["updated"]
    assert outcomes(line(2, "ada", course=8), line(3, "ada", course=8)) == ["updated", "unchanged"]


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        (line(2, "grace"), "username"),
        (line(2, "joan", "ada@example.org"), "email"),
        (line(2, "joan", "ADA@example.org"), "email"),
        (line(2, "joan", course=99), "course_id"),
        (line(2, "joan", course="alchemy"), "course"),
        (line(2, "joan", course="Logic"), "course"),
    ],
)
def test_what_cannot_be_is_a_mistake_and_leaves_no_trace(wrong: Line, column: str) -> None:
    first, second = judge([wrong, line(3, "newton")])
    assert first.outcome is Outcome.FAILED
    assert first.mistake is not None
    assert (first.mistake.number, first.mistake.column) == (2, column)
    assert first.line is None
    assert second.outcome is Outcome.CREATED


def test_two_lines_never_give_one_student_two_addresses_nor_one_address_two_students() -> None:
    assert outcomes(line(2, "joan", "j@example.org"), line(3, "joan", "k@example.org")) == [
        "created",
        "failed",
    ]
    assert outcomes(line(2, "joan", "j@example.org"), line(3, "mary", "j@example.org")) == [
        "created",
        "failed",
    ]


def test_an_address_given_away_is_not_free_before_the_file_ends() -> None:
    assert outcomes(line(2, "ada", "countess@example.org"), line(3, "mary", "ada@example.org")) == [
        "updated",
        "failed",
    ]


def test_verdicts_do_not_depend_on_how_many_lines_are_judged_at_a_time() -> None:
    random = Random(7)
    names = ["ada", "Ada", "grace", "joan", "mary"]
    lines = [
        line(
            number,
            random.choice(names),
            f"{random.choice('abc')}@example.org",
            random.choice([None, 7, 8, 99]),
        )
        for number in range(2, 200)
    ]
    at_once, by_and_by = judge(lines), Judge()
    assert [verdict for each in lines for verdict in by_and_by.judge([each], KNOWN)] == at_once
    assert {verdict.outcome for verdict in at_once} == set(Outcome)
