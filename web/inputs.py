"""Reading what was typed into forms by the schemas of the API, so that both take the same."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api.attendance.etags import Precondition, etag
from core.errors import BadRequest

Model = TypeVar("Model", bound=BaseModel)


class BadInput(BadRequest):
    """Something that was typed does not fit; `fields` says of each what is wrong, to be shown beside it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        said = [f"{name.replace('_', ' ')}: {problem}" for name, problem in fields.items()]
        super().__init__("; ".join(said))
        self.fields = fields


def problems(error: object) -> Mapping[str, str]:
    """Return what an error says of single fields; nothing where it is about none."""
    return error.fields if isinstance(error, BadInput) else {}


def read(model: type[Model], typed: Mapping[str, str]) -> Model:
    """Return what was typed; a field that was left empty is as if it were not there.

    Raises:
        BadInput: it does not fit; the detail names each field and what is wrong with it.

    """
    given = {name: text.strip() for name, text in typed.items() if name in model.model_fields}
    return _read(model, {name: text for name, text in given.items() if text})


def change_of(model: type[Model], typed: Mapping[str, str]) -> Model:
    """Return a change that was typed into a form which showed what is: a field that was emptied is set so.

    Raises:
        BadInput: it does not fit, as `read` says.

    """
    given = {name: text.strip() for name, text in typed.items() if name in model.model_fields}
    change = _read(model, {name: text for name, text in given.items() if text})
    change.model_fields_set.update(given)
    return change


def version_of(text: str) -> Precondition:
    """Return for which version a form was shown; for any where it names none."""
    names_one = text.isascii() and text.isdecimal()
    return Precondition(if_match=etag(text) if names_one else None)  # as text: int() refuses 5,000 digits


def _read(model: type[Model], given: Mapping[str, str]) -> Model:
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise BadInput({" ".join(map(str, one["loc"])): _said(one["msg"]) for one in found}) from None


def _said(message: str) -> str:
    """Return pydantic's words without its own beginning."""
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
