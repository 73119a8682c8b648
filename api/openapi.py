"""What the documentation says beyond the routes themselves: every refusal, as problem+json, with an example.

Refusals that follow from an operation's shape (it takes a body, it needs a token) are added here for all of
them; those that follow from its meaning are written at the route, with `refusals`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from api import credentials
from api.errors import (
    MEDIA_TYPE,
    FieldProblem,
    Problem,
    problem_of,
    problem_of_status,
    wrong_types,
)
from core.errors import BadRequest, EduTrackError, Forbidden, Unauthenticated, Unavailable

Example = tuple[type[EduTrackError], str]

_QUERY_SCHEME = "query"
_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def refusals(*examples: Example) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses`: the errors its meaning has, each with a detail it really gives."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind, detail in examples:
        _add(responses, kind.status, problem_of(kind, detail))
    return responses


def document(app: FastAPI) -> None:
    """Complete what FastAPI generates, once, when it is first asked for."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(generate())
        assert app.openapi_schema is not None, "it was just generated"
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _complete(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"), Problem=problem)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    if "securitySchemes" in components:
        components["securitySchemes"][_QUERY_SCHEME] = {
            "type": "apiKey",
            "in": "query",
            "name": "token",
            "description": "Where no header can be set",
        }
    for operation in _operations(schema):
        _complete_operation(operation)


def _operations(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()


def _complete_operation(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for problem in _from_its_shape(operation):
        _add(responses, problem.status, problem)
    for scheme in operation.get("security", [])[:1]:
        operation["security"].append({_QUERY_SCHEME: next(iter(scheme.values()))})
    operation["responses"] = dict(sorted(responses.items()))


def _from_its_shape(operation: Mapping[str, Any]) -> Iterator[Problem]:
    scopes = [
        scope for scheme in operation.get("security", []) for names in scheme.values() for scope in names
    ]
    if "security" in operation:
        yield problem_of(BadRequest, credentials.TWO_TOKENS)
        yield problem_of(Unauthenticated, credentials.MISSING)
    if scopes:
        yield problem_of(Forbidden, f"this is for {scopes[0]}s: sign in as one")
    if "requestBody" in operation:
        yield problem_of_status(400)
        yield problem_of_status(413)
        yield wrong_types([FieldProblem(field="body", message="Field required")])
    elif "parameters" in operation:
        name = operation["parameters"][0]["name"]
        yield wrong_types([FieldProblem(field=name, message="Input should be a valid integer")])
    if "health" not in operation.get("tags", ()):
        yield problem_of(Unavailable, "the database cannot be reached: try again soon")


def _add(responses: dict[Any, dict[str, Any]], status: int, problem: Problem) -> None:
    """Add an example to the answer with a status."""
    key = status if status in responses else str(status)
    response = responses.setdefault(key, {"description": problem.title})
    content = response.setdefault("content", {}).setdefault(MEDIA_TYPE, {"schema": _SCHEMA})
    examples = content.setdefault("examples", {})
    value = problem.model_dump(exclude_none=True)
    if all(example["value"] != value for example in examples.values()):
        examples[f"{status}-{len(examples) + 1}"] = {"summary": problem.detail, "value": value}
    if status in {429, 503}:
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}
        }
