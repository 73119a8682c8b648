import pytest

from core.errors import BadRequest
from core.rosters import reading
from core.rosters.reading import Line, Mistake, read_sheet

HEADER = "username,email,course_id\n"


def lines(text: str) -> list[Line | Mistake]:
    return list(read_sheet(text.encode()).lines())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_save_is_read(delimiter: str, ending: str, encoding: str) -> None:
    rows = [["Email", " Username ", "course_id"], ["zoe@example.org", "Zoë", "7"]]
    content = ending.join(delimiter.join(row) for row in rows).encode(encoding)
    assert list(read_sheet(content).lines()) == [Line(2, "Zoë", "zoe@example.org", 7)]


def test_an_encoding_that_is_named_is_used() -> None:
    content = f"{HEADER}Zoë,zoe@example.org,".encode("windows-1252")
    assert list(read_sheet(content, "windows-1252").lines()) == [Line(2, "Zoë", "zoe@example.org")]


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"", None, reading.EMPTY),
        (b"\n\n", None, reading.EMPTY),
        (HEADER.encode(), None, reading.EMPTY),
        (b"sep=;\n", None, reading.EMPTY),
        (b"sep=;", None, reading.MISSING),
        ("username,email\nZoë,z@example.org".encode("latin-1"), None, reading.NOT_IN_ENCODING),
        (b"\xff\xfe\x00", None, reading.NOT_IN_ENCODING),
        (HEADER.encode(), "klingon", reading.NO_ENCODING),
        (HEADER.encode(), "rot13", reading.NO_ENCODING),
        (b"username,course_id\nada,1", None, reading.MISSING),
        (b"username,email,E-Mail,email\n", None, reading.TWICE),
        (b"username,email,course,course_id\n", None, reading.TWO_COURSES),
        (b'username,email\n"ada,ada@example.org\n', None, reading.BROKEN),
        (b'username,email\n"ada"x,ada@example.org\n', None, reading.BROKEN),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(content: bytes, encoding: str | None, reason: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_sheet(content, encoding).count()
    assert refusal.value.detail == reason


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("ad,ada@example.org,1", "username"),
        (",ada@example.org,1", "username"),
        ("a\u202eda,ada@example.org,1", "username"),
        ("=HYPERLINK(),ada@example.org,1", "username"),
        ("ada,nowhere,1", "email"),
        ("ada,,1", "email"),
        ("ada,=1+1,1", "email"),
        ("ada,ada@example.org,one", "course_id"),
        ("ada,ada@example.org,-1", "course_id"),
        ("ada,ada@example.org,1,more", ""),
        ("ada", "email"),
    ],
)
def test_a_wrong_cell_is_a_mistake_of_its_line_alone(row: str, column: str) -> None:
    before, mistake, after = lines(f"{HEADER}joan,joan@example.org,\n{row}\ngrace,grace@example.org,2\n")
    assert isinstance(before, Line)
    assert isinstance(after, Line)
    assert isinstance(mistake, Mistake)
    assert (mistake.number, mistake.column) == (3, column)
    assert "1+1" not in mistake.reason


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    found = lines(f'{HEADER}\n"a\nb",x@example.org,\n\nada,ada@example.org,\n')
    assert [each.number for each in found] == [3, 6]
    assert [each.number for each in lines(f"\n\n{HEADER}ada,ada@example.org,\n")] == [4]


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("sep=;", ";"), ("SEP=,", ","), ('"sep=;"', ";"), ("sep=\t", "\t"), ("sep=|", "|"), ("sep=; ", ";")],
)
def test_a_first_line_that_tells_excel_the_delimiter_is_none_of_the_table(first: str, delimiter: str) -> None:
    row = delimiter.join(["Zoë, or; |", "zoe@example.org"]).replace("Zoë, or; |", '"Zoë, or; |"')
    for ending in ("\n", "\r\n"):
        text = ending.join([first, delimiter.join(["username", "email"]), row, "x"])
        sheet = read_sheet(text.encode("utf-8-sig"))
        assert read_sheet(sheet.text.encode()) == sheet, "it is stored as text, and read again"
        zoe, mistake = sheet.lines()
        assert zoe == Line(3, "Zoë, or; |", "zoe@example.org")
        assert mistake.number == 4


def test_the_apostrophe_that_keeps_a_cell_from_being_computed_is_no_part_of_it() -> None:
    assert lines(f"{HEADER}'@ada,ada@example.org,") == [Line(2, "@ada", "ada@example.org")]


def test_unknown_columns_are_named() -> None:
    sheet = read_sheet(b"Class,username,email,\n4b,ada,ada@example.org,\n")
    assert sheet.ignored_columns == ["class"]
    assert list(sheet.lines()) == [Line(2, "ada", "ada@example.org")]
