"""What the documentation says beyond the routes themselves: every refusal, as problem+json, with an example.

Refusals that follow from an operation's shape (it takes a body, it needs a token) are added here for all of
them; those that follow from its meaning are written at the route, with `refusals`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api import credentials
from api.deps import DISABLED, FOR_ADMINS, FOR_STUDENTS, NO_SUCH_ID
from api.errors import (
    MALFORMED,
    MEDIA_TYPE,
    FieldProblem,
    Problem,
    problem_of,
    problem_of_status,
    wrong_types,
)
from api.paging import BACKWARDS, BAD_CURSOR, MALFORMED_DATE, NO_SUCH_DATE
from api.state import DATABASE_AWAY
from core.errors import BadRequest, EduTrackError, Forbidden, NotFound, Unauthenticated, Unavailable
from core.roles import Role
from core.security import EXPIRED, INVALID

RETRY_AFTER_HEADER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}

Example = tuple[type[EduTrackError], str]

NO_DICTIONARY = "Input should be a valid dictionary or object to extract fields from"
"""What pydantic says of a body that is no object, in a route none of whose fields is required."""

_QUERY_SCHEME = "query"
_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def refusals(*examples: Example) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses`: the errors its meaning has, each with a detail it really gives."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind, detail in examples:
        _add(responses, kind.status, problem_of(kind, detail))
    return responses


def body(model: type[BaseModel], *media_types: str) -> dict[str, Any]:
    """Return the request body of a route that reads it itself, for its `openapi_extra`."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {"required": True, "content": {media_type: {"schema": schema} for media_type in media_types}}


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
        _complete_operation(operation, schemas)


def _operations(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()


def _complete_operation(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for problem in (*_of_security(operation), *_of_body(operation, schemas), *_of_parameters(operation)):
        _add(responses, problem.status, problem)
    if "503" not in responses and "health" not in operation["tags"]:
        _add(responses, 503, problem_of(Unavailable, DATABASE_AWAY))
    for scheme in operation.get("security", [])[:1]:
        operation["security"].append({_QUERY_SCHEME: next(iter(scheme.values()))})
    operation["responses"] = dict(sorted(responses.items()))


def _of_security(operation: Mapping[str, Any]) -> Iterator[Problem]:
    if "security" not in operation:
        return
    yield problem_of(BadRequest, credentials.TWO_TOKENS)
    for detail in (credentials.MISSING, INVALID, EXPIRED):
        yield problem_of(Unauthenticated, detail)
    scopes = {scope for scheme in operation["security"] for names in scheme.values() for scope in names}
    if Role.STUDENT in scopes:
        yield problem_of(Forbidden, FOR_STUDENTS)
    if Role.ADMIN in scopes:
        yield problem_of(Unauthenticated, DISABLED)
        yield problem_of(Forbidden, FOR_ADMINS)


def _of_body(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Problem]:
    if "requestBody" not in operation:
        return
    content = operation["requestBody"]["content"]
    if "application/json" in content:
        yield problem_of(BadRequest, MALFORMED)
    yield problem_of_status(413)
    if "text/csv" in content:
        return
    schema = next(iter(content.values()))["schema"]
    schema = next(iter(schema.get("anyOf", (schema,))))  # one that may be left out is of its type, or null
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    needed = [FieldProblem(field=name, message="Field required") for name in schema.get("required", ())]
    yield wrong_types(needed or [FieldProblem(field="body", message=NO_DICTIONARY)])


def _of_parameters(operation: Mapping[str, Any]) -> Iterator[Problem]:
    parameters = {one["name"]: one for one in operation.get("parameters", ())}
    numbers = [name for name, one in parameters.items() if _has(one, "type", "integer")]
    for name in numbers[:1]:
        yield wrong_types([FieldProblem(field=name, message="Input should be a valid integer")])
    if any(parameters[name]["in"] == "path" for name in numbers):
        yield problem_of(NotFound, NO_SUCH_ID)
    if "after" in parameters:
        yield problem_of(BadRequest, BAD_CURSOR)
    if any(_has(one, "format", "date") for one in parameters.values()):
        yield problem_of(BadRequest, MALFORMED_DATE)
        yield problem_of(BadRequest, NO_SUCH_DATE)
    if {"from", "to"} <= parameters.keys():
        yield problem_of(BadRequest, BACKWARDS)


def _has(parameter: Mapping[str, Any], keyword: str, value: str) -> bool:
    schema = parameter["schema"]
    return any(one.get(keyword) == value for one in (schema, *schema.get("anyOf", ())))


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
        response["headers"] = RETRY_AFTER_HEADER
