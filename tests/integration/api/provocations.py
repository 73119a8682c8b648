"""Getting refused on purpose: what is well-formed, and not possible as things are."""

import json
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import httpx

from api.attendance import rules
from api.videos.desk import ImportDesk
from api.videos.streams import STREAMS
from core.tables import PlaylistImport
from tests.integration.api.conftest import Api, Callers
from tests.integration.api.routes import CALENDAR, CORRECTION, COURSE, ROUTES, RULE, VIDEO, Route

OPERATIONS = {(route.method, route.path): route for route in ROUTES}
Told = set[tuple[str, str, int, str]]
"""Method, path, status and the whole problem as text."""


def canonical(problem: dict[str, Any]) -> str:
    return json.dumps(problem, sort_keys=True)


async def tell(api: Api, told: Told, route: Route, **request: Any) -> httpx.Response:
    answer = await api.client.request(**route.request | request)
    if answer.status_code >= 400 and not route.path.endswith("health"):
        told.add((route.method, route.path, answer.status_code, canonical(answer.json())))
    return answer


async def provoke_by_fields(api: Api, callers: Callers, told: Told) -> None:
    for method, path, body in (
        ("POST", "/courses", COURSE),
        ("PATCH", "/courses/{id}", COURSE),
        ("POST", "/courses/{id}/videos", VIDEO),
        ("PATCH", "/videos/{id}", VIDEO),
        ("PUT", "/attendance/user/{user_id}/{date}", CORRECTION),
    ):
        for name in body:
            await tell(api, told, OPERATIONS[method, path], json=body | {name: " "}, headers=callers.admin)


async def provoke_the_archive(api: Api, callers: Callers, told: Told) -> None:
    """Ask for what is archived, for a place in it, and for another import of what never was imported."""
    change, register = OPERATIONS["PATCH", "/courses/{id}"], OPERATIONS["POST", "/courses/{id}/register"]
    await tell(api, told, change, url="/courses/2", json={"resync_hours": 1}, headers=callers.admin)
    await api.client.post("/courses/2/archive", headers=callers.admin)
    await tell(api, told, register, url="/courses/2/register", headers=callers.student)
    for caller in Callers.__dataclass_fields__:
        archived = {"url": "/courses?archived=true", "headers": getattr(callers, caller)}
        await tell(api, told, OPERATIONS["GET", "/courses"], **archived)
    twice = {"url": "/courses?archived=true&token=another", "headers": callers.admin}
    await tell(api, told, OPERATIONS["GET", "/courses"], **twice)


async def provoke_imports(api: Api, callers: Callers, told: Told) -> None:
    """Ask of imports what their state does not allow: 2 was retried before, 3 was cancelled."""
    ask = OPERATIONS["POST", "/videos/youtube-playlist"]
    retry = OPERATIONS["POST", "/videos/imports/{id}/retry"]
    cancel = OPERATIONS["POST", "/videos/imports/{id}/cancel"]
    with ExitStack() as watched:
        for _ in range(STREAMS.at_most):
            watched.enter_context(api.state.part(ImportDesk).streams.place())
        await tell(api, told, OPERATIONS["GET", "/videos/imports/{id}/events"], headers=callers.admin)
    for import_id in (2, 3):
        await tell(api, told, retry, url=f"/videos/imports/{import_id}/retry", headers=callers.admin)
    await api.client.post("/courses/3/archive", headers=callers.admin)
    await tell(api, told, retry, url="/videos/imports/3/retry", headers=callers.admin)
    async with api.state.transaction() as session:
        (await session.get_one(PlaylistImport, 2)).status = "done"
    await tell(api, told, cancel, url="/videos/imports/2/cancel", headers=callers.admin)
    for key, playlist in (
        ("monday", "PLmechanics01"),
        ("monday", "PLmechanics02"),
        ("x" * 201, "PLmechanics01"),
    ):
        keyed = callers.admin | {"Idempotency-Key": key}
        await tell(api, told, ask, json={"playlist_url": playlist}, headers=keyed)
    course_id = (await tell(api, told, ask, headers=callers.admin)).json()["id"]
    await api.client.post(f"/courses/{course_id}/archive", headers=callers.admin)
    await tell(api, told, ask, headers=callers.admin)
    await api.client.post(f"/courses/{course_id}/restore", headers=callers.admin)


async def provoke_attendance(api: Api, callers: Callers, told: Told) -> None:
    """Correct what cannot be corrected, or not any more, and ask for too much."""
    day, nobodys = "/attendance/user/1/2026-11-23", "/attendance/user/999/2026-11-23"
    for method in ("GET", "PUT", "DELETE"):
        route = OPERATIONS[method, "/attendance/user/{user_id}/{date}"]
        for url in (nobodys, "/attendance/user/1/9999-12-31", f"{day}?reason=%00", f"{day}?reason=%20", day):
            await tell(api, told, route, url=url, headers=callers.admin)
        await tell(api, told, route, url=day, headers=callers.admin | {"If-Match": '"999"'})
    course = OPERATIONS["GET", "/attendance/course/{course_id}"]
    await tell(api, told, course, url="/attendance/course/1?from=2020-01-01", headers=callers.admin)
    for method, path, bodies in (
        ("POST", "/attendance/rules", [RULE | change for change in NO_RULES]),
        ("PUT", "/attendance/calendar", [CALENDAR | change for change in NO_CALENDARS]),
        ("PATCH", "/courses/{id}", [{"first_day": "2027-07-01", "last_day": "2027-06-30"}]),
    ):
        for body in bodies:
            await tell(api, told, OPERATIONS[method, path], json=body, headers=callers.admin)
    for query in ("after=!", "limit=x"):
        rule = OPERATIONS["POST", "/attendance/rules"]
        await tell(api, told, rule, url=f"/attendance/rules?{query}", headers=callers.admin)
    stale = callers.admin | {"If-Match": '"999"'}
    await tell(api, told, OPERATIONS["PUT", "/attendance/calendar"], headers=stale)
    with patch.object(rules, "MOST_ROWS", -1):
        await tell(api, told, OPERATIONS["POST", "/attendance/rules"], headers=callers.admin)


NO_RULES: tuple[dict[str, Any], ...] = (
    {"minimum_seconds": None, "minimum_share": None},
    {"effective_from": "1969-12-31"},
    {"effective_from": "yesterday"},
    {"course_id": 999},
    {"reason": " "},
)
_HOLIDAY = {"date": "2026-12-25", "name": "Christmas"}
NO_CALENDARS: tuple[dict[str, Any], ...] = (
    {"weekdays": [1, 1]},
    *({"holidays": [_HOLIDAY | change]} for change in ({"date": "x"}, {"name": " "}, {"name": "x\0"})),
)


async def provoke_rosters(api: Api, callers: Callers, told: Told) -> None:
    """Hand in files that make no sense, and apply a dry run that has not ended."""
    hand_in, apply = OPERATIONS["POST", "/rosters"], OPERATIONS["POST", "/rosters/{id}/apply"]
    names = "username,email"
    for content in (
        "",
        "username",
        f"{names},email",
        f"{names},course,course_id",
        f'{names}\n"ada',
        f"{names}\nZo\xeb,zoe@example.org".encode("latin-1"),
    ):
        await tell(api, told, hand_in, content=content, headers=callers.admin)
    await tell(api, told, hand_in, url="/rosters?encoding=klingon", headers=callers.admin)
    queued = await tell(api, told, hand_in, url="/rosters?dry_run=true", headers=callers.admin)
    await tell(api, told, apply, url=f"/rosters/{queued.json()['id']}/apply", headers=callers.admin)


async def provoke_erasure(api: Api, callers: Callers, told: Told) -> None:
    """Erase somebody twice, and oneself."""
    erase = OPERATIONS["DELETE", "/auth/users/{id}"]
    myself = (await api.client.get("/auth/users/me", headers=callers.admin)).json()["id"]
    for url in (erase.url, erase.url, f"/auth/users/{myself}"):
        await tell(api, told, erase, url=url, headers=callers.admin)
