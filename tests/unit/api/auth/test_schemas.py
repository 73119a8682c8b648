from typing import Any

import pytest
from pydantic import ValidationError

from api.auth.schemas import SignUp
from core.accounts import caseless
from core.errors import BadRequest
from core.roles import Role


def sign_up(**fields: Any) -> SignUp:
    return SignUp(**{"username": "ada", "email": "ada@example.org", "password": "12345678"} | fields)


def refused_fields(**fields: Any) -> list[str]:
    with pytest.raises(ValidationError) as refusal:
        sign_up(**fields)
    return [str(error["loc"][0]) for error in refusal.value.errors()]


def test_a_role_is_a_student_s_unless_asked_otherwise() -> None:
    assert sign_up().role is Role.STUDENT


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "x" * 64, "Zoë", "李小龙", "a.b-c_d@e"])
def test_a_name_may_be_in_any_script(name: str) -> None:
    assert sign_up(username=name).username == name


@pytest.mark.parametrize(
    "name",
    ["", "ab", "x" * 65, " ada", "ada ", "a\nb", "a\tb", "a\u200bb", "a\u202eb", "\ufdfa" * 4, "a\u2028b"],
)
def test_a_name_that_cannot_be_seen_as_it_is_is_refused(name: str) -> None:
    assert refused_fields(username=name) == ["username"]


def test_names_are_kept_in_their_compatible_form() -> None:
    assert sign_up(username="\uff21\uff44\uff41").username == "Ada"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada", "aDA"), ("STRASSE", "straße"), ("\uff21da", "ada"), ("Σίσυφος", "σίσυφοσ"), ("e\u0301", "É")],
)
def test_two_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert caseless(one) == caseless(other)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "a@b@c.org"]
)
def test_an_address_that_is_none_is_refused(email: str) -> None:
    assert refused_fields(email=email) == ["email"]


def test_no_name_server_is_asked_about_an_address() -> None:
    assert sign_up(email="ada@nowhere-at-all.test").email == "ada@nowhere-at-all.test"


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129])
def test_a_password_has_8_to_128_characters(password: str) -> None:
    assert refused_fields(password=password) == ["password"]
    assert sign_up(password="é" * 128).password == "é" * 128


@pytest.mark.parametrize("field", ["username", "email", "password"])
@pytest.mark.parametrize("text", ["ada\0ada\0", "ada\ud800ada"])
def test_text_that_cannot_be_stored_makes_no_sense(field: str, text: str) -> None:
    with pytest.raises(BadRequest):
        sign_up(**{field: text})


@pytest.mark.parametrize("field", ["username", "email", "password", "role"])
@pytest.mark.parametrize("value", [None, 7, [], {}, True])
def test_other_types_are_refused(field: str, value: object) -> None:
    assert refused_fields(**{field: value}) == [field]
