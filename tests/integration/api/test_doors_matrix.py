"""No role, token or object outside the written matrix is let in."""

import pytest
from fastapi.routing import iter_route_contexts

from tests.integration.api.conftest import Api, Callers
from tests.integration.api.routes import DOCUMENTATION, ROUTES, Route, Who
from web.pages import PageRoute

EXPECTED = {
    Who.ANYBODY: {},
    Who.USER: {
        "anonymous": 401,
        "forged": 401,
        "expired": 401,
        "disabled_admin": 401,
        "vanished_admin": 401,
        "erased_student": 401,
        "vanished_student": 401,
    },
    Who.STUDENT: {
        "anonymous": 401,
        "forged": 401,
        "expired": 401,
        "admin": 403,
        "disabled_admin": 403,
        "demoted_admin": 403,
        "vanished_admin": 403,
        "erased_student": 401,
        "vanished_student": 401,
    },
    Who.REPORTER: {
        "anonymous": 401,
        "forged": 401,
        "expired": 401,
        "admin": 403,
        "disabled_admin": 403,
        "demoted_admin": 403,
        "vanished_admin": 403,
    },
    Who.ADMIN: {
        "anonymous": 401,
        "forged": 401,
        "expired": 401,
        "student": 403,
        "disabled_admin": 401,
        "demoted_admin": 403,
        "vanished_admin": 401,
        "erased_student": 401,
        "vanished_student": 401,
    },
}
"""The status of whoever is not let in; everybody else is."""

CHANGED_BY_A_CALL = {
    "/attendance/user/{user_id}/{date}",
    "/auth/signup",
    "/auth/users/{id}",
    "/ops/dead-letters/{letter_id}",
    "/ops/dead-letters/{letter_id}/replay",
    "/videos/imports/{id}/retry",
}


def test_every_route_is_in_the_matrix(gateway: Api) -> None:
    """But for the pages, which have a matrix of their own."""
    found = {
        (method, context.path)
        for context in iter_route_contexts(gateway.app.routes)
        if not isinstance(context.original_route, PageRoute)
        for method in context.methods or ()
    }
    documentation = {(method, path) for path in DOCUMENTATION for method in ("GET", "HEAD")}
    assert found - documentation == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_only_whom_the_matrix_names_is_let_in(gateway: Api, callers: Callers, route: Route) -> None:
    for caller in Callers.__dataclass_fields__:
        headers: dict[str, str] = getattr(callers, caller)
        answer = await gateway.client.request(**route.request | {"headers": route.headers | headers})
        assert answer.status_code != 500, caller
        expected = EXPECTED[route.who].get(caller)
        if expected is not None:
            assert answer.status_code == expected, caller
        else:
            assert answer.status_code not in {401, 403, 404, 405, 422, 500}, (caller, answer.text)
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        by_query = await gateway.client.request(**route.request, params={"token": token})
        if route.path not in CHANGED_BY_A_CALL:
            assert by_query.status_code == answer.status_code, caller


async def test_students_see_only_themselves(gateway: Api, callers: Callers) -> None:
    """The objects behind the routes that take no user's id are those of the token's user."""
    for path in ("/attendance/me", "/progress/video/1"):
        rows = (await gateway.client.get(path, headers=callers.student)).json()
        assert rows == []
    assert (await gateway.client.get("/attendance/user/1", headers=callers.student)).status_code == 403
    today = (await gateway.client.get("/attendance/today", headers=callers.student)).json()
    assert today["username"] == "student"


async def test_cookies_open_nothing(gateway: Api, callers: Callers) -> None:
    token = callers.admin["Authorization"].removeprefix("Bearer ")
    for route in ROUTES:
        if route.who is not Who.ANYBODY:
            cookies = {"Cookie": f"token={token}; access_token={token}; Authorization=Bearer {token}"}
            answer = await gateway.client.request(**route.request | {"headers": cookies})
            assert answer.status_code == 401, str(route)
