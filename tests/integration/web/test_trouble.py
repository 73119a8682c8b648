"""What people see when the site cannot answer as it should: a whole page, and a way to try again."""

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from tests.integration.api.conftest import Api
from tests.integration.web.conftest import Browser

NOWHERE = "postgresql+asyncpg://edutrack@127.0.0.1:1/edutrack"
PART = {"HX-Request": "true"}


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
    monkeypatch.undo()
    assert (await ada.open("/my-attendance")).status_code == 200
