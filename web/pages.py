"""Answering with pages: their headers, and errors that people can read."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import Problem
from core.errors import EduTrackError
from web.assets import SNIFF_NOTHING
from web.doors import Visit, cookie_name, page_of_form, stranger

_POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    **SNIFF_NOTHING,
}


class PageRoute(APIRoute):
    """A route for people: where it refuses, it says so on a page."""

    @staticmethod
    def tell(request: Request, problem: Problem, headers: Mapping[str, str]) -> Response:
        """Answer a problem; a part of a page is told in the place it was for."""
        if "location" in {name.lower() for name in headers}:
            text = f"{problem.title}: {problem.detail}"
            return HTMLResponse(text, problem.status, {**HEADERS, **headers})
        known: Visit | None = getattr(request.state, "visit", None)
        visit = known or stranger(request)  # nobody knows whose it is while the database is away
        template = "templates/error_part.html" if visit.wants_part else "templates/error.html"
        was_sent = request.method == "POST"
        sent_from = page_of_form(request) if was_sent else ""
        told = page(
            visit, template, status=problem.status, problem=problem, was_sent=was_sent, sent_from=sent_from
        )
        told.headers.update(headers)
        return told


def page_router(prefix: str = "") -> APIRouter:
    """Return a router of pages; the API's documentation is silent about them."""
    return APIRouter(prefix=prefix, route_class=PageRoute, include_in_schema=False)


def page(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    error: EduTrackError | None = None,
    policy: Mapping[str, str] | None = None,
    **shown: Any,
) -> Response:
    """Return a page. `error` is why a form was refused; `policy` adds to what the page may load."""
    text = visit.desk.templates.get_template(template).render(
        visit=visit, account=visit.account, error=error, **shown
    )
    answer = HTMLResponse(text, error.status if error else status, headers=HEADERS)
    for directive, sources in (policy or {}).items():
        answer.headers["Content-Security-Policy"] += f"; {directive} {sources}"
    if error is not None and error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    if visit.is_new:
        give_session(answer, visit, visit.desk.sessions.write(visit.session))
    return answer


def go_to(visit: Visit, path: str) -> Response:
    """Return the answer to a form that was taken: reloading what it leads to repeats nothing (RFC 9110)."""
    if visit.wants_part:
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": path})
    return RedirectResponse(path, 303, headers=HEADERS)


def give_session(answer: Response, visit: Visit, value: str) -> None:
    """Let a browser keep a session until it is closed, or until the session is over."""
    answer.set_cookie(
        cookie_name(visit.request),
        value,
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="lax",
        path="/",
    )
