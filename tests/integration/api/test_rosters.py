"""Handing in rosters over HTTP; what they write is tested where they are worked off."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.rosters import service
from api.traffic import LIMITS
from core.rosters.reading import MISSING
from core.rosters.running import run_queued
from tests.integration.api.conftest import Api, Callers
from tests.integration.api.routes import ROSTER

CSV = {"Content-Type": "text/csv"}


async def test_a_roster_is_tried_looked_at_and_applied(
    gateway: Api, callers: Callers, engine: AsyncEngine
) -> None:
    admin = callers.admin
    tried = await gateway.client.post("/rosters?dry_run=true", content=ROSTER, headers=admin | CSV)
    assert (tried.status_code, tried.json()["status"], tried.json()["total"]) == (202, "queued", 1)
    await run_queued(engine)
    seen = (await gateway.client.get(tried.headers["Location"], headers=admin)).json()
    assert (seen["status"], seen["created"], seen["errors"]) == ("done", 1, [])
    assert (await gateway.sign_in("newton")).status_code == 401
    applied = await gateway.client.post(f"{tried.headers['Location']}/apply", headers=admin)
    assert (applied.status_code, applied.json()["dry_run"]) == (202, False)
    await run_queued(engine)
    done = (await gateway.client.get(applied.headers["Location"], headers=admin)).json()
    assert (done["status"], done["created"], done["requested_by"]) == ("done", 1, seen["requested_by"])
    listed = (await gateway.client.get("/rosters?limit=2", headers=admin)).json()
    assert [one["id"] for one in listed] == [done["id"], seen["id"]]
    twice = await gateway.client.post(f"{applied.headers['Location']}/apply", headers=admin)
    assert (twice.status_code, twice.json()["detail"]) == (409, service.NOT_TO_APPLY)


async def test_a_student_of_a_roster_has_no_password_that_opens(
    gateway: Api, callers: Callers, engine: AsyncEngine
) -> None:
    await gateway.client.post("/rosters", content=ROSTER, headers=callers.admin | CSV)
    await run_queued(engine)
    for guess in ("!", "", "newton"):
        assert (await gateway.sign_in("newton", guess)).status_code == 401


async def test_a_file_may_be_larger_than_other_bodies_but_not_without_end(
    gateway: Api, callers: Callers
) -> None:
    line = "x" * 64 + ",student@example.org,1\n"
    large = "username,email,course_id\n" + line * (2 * LIMITS.body_bytes // len(line))
    taken = await gateway.client.post("/rosters", content=large, headers=callers.admin | CSV)
    assert taken.status_code == 202
    endless = await gateway.client.post(
        "/rosters", content=b"x" * (LIMITS.file_bytes + 1), headers=callers.admin | CSV
    )
    assert endless.status_code == 413
    elsewhere = await gateway.client.post("/courses", content=large, headers=callers.admin)
    assert elsewhere.status_code == 413


@pytest.mark.parametrize("query", ["", "?encoding=utf-8"])
async def test_a_file_that_makes_no_sense_is_refused_at_once(
    gateway: Api, callers: Callers, query: str
) -> None:
    refused = await gateway.client.post(
        f"/rosters{query}", content="name\nada\n", headers=callers.admin | CSV
    )
    assert (refused.status_code, refused.json()["detail"]) == (400, MISSING)
