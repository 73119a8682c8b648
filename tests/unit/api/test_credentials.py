import pytest
from starlette.types import Scope

from api.credentials import in_query, token_of
from core.errors import BadRequest


def scope(*authorization: str, query: bytes = b"") -> Scope:
    headers = [(b"host", b"x"), *((b"authorization", value.encode("latin-1")) for value in authorization)]
    return {"type": "http", "headers": headers, "query_string": query}


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc "])
def test_a_token_is_found_in_the_header(header: str) -> None:
    assert token_of(scope(header)) == "abc"


@pytest.mark.parametrize(
    "query", [b"token=abc", b"limit=1&token=abc", b"%74oken=%61bc", b"token=abc&token=abc"]
)
def test_a_token_is_found_in_the_query(query: bytes) -> None:
    assert token_of(scope(query=query)) == "abc"
    assert in_query(query)


@pytest.mark.parametrize("header", ["", "abc", "Bearer", "Bearer ", "Basic YTpi", "Bearerabc", "é"])
@pytest.mark.parametrize("query", [b"", b"token", b"token=", b"tokens=abc", b"limit=1", b"\xff=\xff"])
def test_what_is_no_token_is_none(header: str, query: bytes) -> None:
    assert token_of(scope(header, query=query)) is None


def test_the_same_token_twice_is_one() -> None:
    assert token_of(scope("Bearer abc", "bearer abc", query=b"token=abc")) == "abc"


@pytest.mark.parametrize(
    "given",
    [
        scope("Bearer abc", query=b"token=abd"),
        scope("Bearer abc", "Bearer abd"),
        scope(query=b"token=abc&token=abd"),
    ],
)
def test_two_tokens_make_no_sense(given: Scope) -> None:
    with pytest.raises(BadRequest):
        token_of(given)
