"""The one place an exception becomes an HTTP status: problem+json (RFC 9457), which never repeats input."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from core.errors import BadRequest, EduTrackError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
WRONG_TYPES = "Missing or of the wrong type"
MALFORMED = "the body is no valid JSON: send a JSON object in UTF-8, with Content-Type: application/json"
NO_OBJECT = "send a JSON object, with Content-Type: application/json"

Tell = Callable[[Request, "Problem", Mapping[str, str]], Response]

UNKNOWN_FIELD = "(unknown)"

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_DETAILS = {
    400: "the body cannot be read: send what Content-Type says, in UTF-8",
    404: "there is nothing at this address: /docs lists what there is",
    405: "this address takes other methods: the Allow header lists them",
    408: "the body did not arrive in time: send it again",
    413: "the body is too large: send at most 1 MiB, or 16 MiB of a roster",
}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["username"])
    message: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """Why a request was refused, and what to do."""

    type: str = Field(description="Names the kind of problem", examples=["urn:edutrack:problem:not-found"])
    title: str = Field(description="The kind of problem, in words")
    status: int = Field(description="The HTTP status")
    detail: str = Field(description="What to do")
    errors: list[FieldProblem] | None = Field(default=None, description="With 422: what is wrong with which")


class TooLarge(HTTPException):
    """The body has more bytes than are read; raised where FastAPI lets nothing else pass."""

    def __init__(self) -> None:
        super().__init__(413)


def handle_errors(app: FastAPI) -> None:
    """Answer every expected exception; `unexpected` is for the rest."""
    app.add_exception_handler(EduTrackError, _refusal)
    app.add_exception_handler(RequestValidationError, _wrong_types)
    app.add_exception_handler(HTTPException, _of_the_framework)


def problem_of(kind: type[EduTrackError], detail: str) -> Problem:
    """Return the problem an error of ours is answered with."""
    name = _WORDS.sub("-", kind.__name__).lower()
    return Problem(type=f"urn:edutrack:problem:{name}", title=kind.title, status=kind.status, detail=detail)


def problem_of_status(status: int, detail: str | None = None) -> Problem:
    """Return the problem that HTTP itself describes well enough."""
    phrase = HTTPStatus(status).phrase
    return Problem(
        type="about:blank", title=phrase, status=status, detail=detail or _DETAILS.get(status, phrase)
    )


def wrong_types(errors: Sequence[FieldProblem]) -> Problem:
    """Return the problem of a request whose fields are missing or have wrong types."""
    fields = list(dict.fromkeys(error.field for error in errors))
    detail = f"missing or of the wrong type: {', '.join(fields)}; see errors, and /docs for what is expected"
    return Problem(
        type="urn:edutrack:problem:wrong-types",
        title=WRONG_TYPES,
        status=422,
        detail=NO_OBJECT if fields == ["body"] else detail,
        errors=list(errors),
    )


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return JSONResponse(
        problem.model_dump(exclude_none=True), problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def refusal(error: EduTrackError) -> Response:
    """Return an error of ours as a response, logged where it is a mistake of ours."""
    return answer(*_refused(error))


def unexpected(error: Exception) -> Response:
    """Log what nobody foresaw, and answer without a word of it."""
    return answer(_unforeseen(error))


def tell_unexpected(request: Request, error: Exception) -> Response:
    """As `unexpected`, in the way of the request's route."""
    return tell(request, _unforeseen(error))


def tell(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a problem as its route does: those for people have a `tell` of their own."""
    teller = _teller(request)
    return answer(problem, headers) if teller is None else teller(request, problem, headers or {})


def tells_people(request: Request) -> bool:
    """Return whether it is a person who will read what a request is answered with."""
    return _teller(request) is not None


def _refused(error: EduTrackError) -> tuple[Problem, dict[str, str]]:
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="edutrack"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and error.retry_after is None:
        log.error("a request failed", exc_info=error)
    return problem_of(type(error), error.detail), headers


def _unforeseen(error: Exception) -> Problem:
    log.error("a request failed unexpectedly", exc_info=error)
    return problem_of_status(500, "this is our mistake: it is logged; trying again may help")


def _teller(request: Request) -> Tell | None:
    """Return how a request's route tells problems; browsers that have not got there yet have it looked up."""
    route = request.scope.get("route")
    if route is None and _is_browser(request):
        found = (each for each in _routes_at(request) if request.method in (each.methods or ()))
        route = getattr(next(found, None), "original_route", None)
    return getattr(route, "tell", None)


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, EduTrackError), "registered for nothing else"
    return tell(request, *_refused(error))


async def _wrong_types(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "registered for nothing else"
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return tell(request, problem_of(BadRequest, MALFORMED))
    problems = [FieldProblem(field=_field(one), message=_message(one)) for one in found]
    return tell(request, wrong_types(problems))


async def _of_the_framework(request: Request, error: Exception) -> Response:
    """Answer what FastAPI and Starlette raise; their details may repeat input, so they are not used."""
    assert isinstance(error, HTTPException), "registered for nothing else"
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(sorted(_methods_at(request)))}
    return tell(request, problem_of_status(error.status_code), headers)


def _methods_at(request: Request) -> set[str]:
    """Return what may be done at an address; the framework names the methods of one route only."""
    return {method for route in _routes_at(request) for method in route.methods or ()}


def _routes_at(request: Request) -> Iterator[RouteContext]:
    """Return what is declared for an address, whatever the method."""
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            yield route


def _field(error: Mapping[str, Any]) -> str:
    """Return where an error is, as the client would call it: without `body` or `query` in front.

    The name of a field that nobody knows is input, which is never repeated.
    """
    if error["type"] == "extra_forbidden":
        return UNKNOWN_FIELD
    path = [str(part) for part in error["loc"]]
    return ".".join(path[1:]) or path[0]


def _message(error: Mapping[str, Any]) -> str:
    """Return what is wrong; a parser's message quotes the input behind its first comma."""
    message = str(error["msg"]).removeprefix("Value error, ")
    return message.partition(",")[0] if str(error["type"]).endswith("_parsing") else message
