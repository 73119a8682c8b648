"""Reading what was typed into forms by the schemas of the API, so that both take the same."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import BadRequest

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], typed: Mapping[str, str]) -> Model:
    """Return what was typed; a field that was left empty is as if it were not there.

    Raises:
        BadRequest: it does not fit; the detail names each field and what is wrong with it.

    """
    given = {name: text.strip() for name, text in typed.items() if name in model.model_fields}
    return _read(model, {name: text for name, text in given.items() if text})


def change_of(model: type[Model], typed: Mapping[str, str]) -> Model:
    """Return a change that was typed into a form which showed what is: a field that was emptied is set so.

    Raises:
        BadRequest: it does not fit, as `read` says.

    """
    given = {name: text.strip() for name, text in typed.items() if name in model.model_fields}
    change = _read(model, {name: text for name, text in given.items() if text})
    change.model_fields_set.update(given)
    return change


def _read(model: type[Model], given: Mapping[str, str]) -> Model:
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        problems = [
            f"{' '.join(map(str, one['loc'])).replace('_', ' ')}: {_said(one['msg'])}"
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise BadRequest("; ".join(problems)) from None


def _said(message: str) -> str:
    """Return pydantic's words without its own beginning."""
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
