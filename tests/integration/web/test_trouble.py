"""What people see when the site cannot answer as it should: a whole page, and a way to try again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from core.database import Sessions
from tests.integration.api.conftest import SOON, Api
from tests.integration.web.conftest import Browser
from web.reports import queries

NOWHERE = "postgresql+asyncpg://edutrack@127.0.0.1:1/edutrack"
PART = {"HX-Request": "true"}
PAGE = {"Accept": "text/html,*/*;q=0.8"}


def is_whole(shown: str) -> bool:
    return shown.lstrip().startswith("<!doctype html>") and "/css/base.css" in shown


async def test_without_its_database_a_page_says_so_and_offers_to_try_again(
    gateway: Api, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.state, "sessions", async_sessionmaker(create_async_engine(NOWHERE)))
    answer = await ada.open("/my-attendance?month=2026-11")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert is_whole(ada.shown)
    assert "The database cannot be reached: try again soon." in ada.shown
    assert 'href="/my-attendance?month=2026-11">Try again</a>' in ada.shown
    assert "set-cookie" not in answer.headers
    part = (await ada.open("/my-attendance", headers=PART)).text
    assert part.startswith('<div class="notice bad" role="alert">')
    assert "<span data-problem>The database cannot be reached: try again soon.</span>" in part
    monkeypatch.undo()
    assert (await ada.open("/my-attendance")).status_code == 200


async def test_nobody_waits_for_what_somebody_else_holds_locked(
    gateway: Api, grace: Browser, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends the wait itself, also where nobody breaks the request off."""
    limit(gateway, monkeypatch, answer_within=timedelta(minutes=5))
    async with sessions() as holder:
        await holder.execute(text("LOCK TABLE courses IN ACCESS EXCLUSIVE MODE"))
        answer = await grace.open("/reports")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert is_whole(answer.text)
    assert "Something else holds what this is about just now: try again soon." in answer.text


async def test_a_page_that_takes_too_long_says_so_to_whoever_is_signed_in(
    gateway: Api, grace: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def courses(_: object) -> None:
        await asyncio.sleep(SOON)

    monkeypatch.setattr(queries, "courses", courses)
    limit(gateway, monkeypatch, answer_within=timedelta(seconds=0.5))
    answer = await grace.open("/reports")
    part = (await grace.open("/reports", headers=PART)).text
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert is_whole(answer.text)
    assert "The answer took too long: try again soon.<" in answer.text
    assert "Sign out" in answer.text
    assert 'href="/reports">Try again</a>' in answer.text
    assert part.startswith('<div class="notice bad" role="alert">')


async def test_what_is_refused_before_its_route_is_told_as_the_route_would(
    gateway: Api, grace: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(gateway, monkeypatch, in_flight=0)
    answer = await grace.open("/reports/courses/1?from=2026-11-01", headers=PAGE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert is_whole(answer.text)
    assert "Too many requests are being answered: try again soon." in answer.text
    assert 'href="/reports/courses/1?from=2026-11-01">Try again</a>' in answer.text
    assert (await grace.open("/reports", headers=PART)).text.startswith(
        '<div class="notice bad" role="alert">'
    )
    for path in ("/courses", "/nowhere"):
        told = await grace.open(path, headers=PAGE)
        assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")


async def test_a_form_that_is_too_large_is_told_so_on_a_page(grace: Browser) -> None:
    answer = await grace.client.post("/account/password", content=b"x" * (1 << 20) + b"x", headers=PAGE)
    assert answer.status_code == 413
    assert is_whole(answer.text)
    assert "Try again" not in answer.text


def limit(gateway: Api, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> None:
    traffic = gateway.app.state.roads.traffic
    monkeypatch.setattr(traffic, "limits", replace(traffic.limits, **limits))
