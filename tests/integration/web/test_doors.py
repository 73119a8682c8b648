"""Who is let in to which page, and what every page says to the browser."""

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from core.database import Sessions
from core.tables import Course, PlaylistImport, Video
from tests.integration.api.conftest import Api
from tests.integration.web.conftest import Browser
from tests.integration.web.pages import PAGES, Page, Who
from web.pages import PageRoute


@pytest.fixture
async def furnished(sessions: Sessions, people: dict[str, int]) -> None:
    """A course with a video, and an import that failed."""
    async with sessions.begin() as session:
        session.add(Course(course_title="Optics", playlist_id="PL0123456789abcdef"))
        await session.flush()
        session.add(Video(course_id=1, title="Lenses", video_link="https://example.org/lenses", position=0))
        session.add(PlaylistImport(course_id=1, status="failed", requested_by=people["grace"]))


def test_every_page_is_in_the_matrix(gateway: Api) -> None:
    found = {
        (method, context.path)
        for context in iter_route_contexts(gateway.app.routes)
        if isinstance(context.original_route, PageRoute)
        for method in context.methods or ()
    }
    assert found == {(each.method, each.path) for each in PAGES}


async def _call(browser: Browser, each: Page) -> Any:
    if each.method == "GET":
        return await browser.open(each.url or each.path)
    await browser.open("/sign-in")
    if not browser.shown:
        await browser.open("/learn")
    if "form_token" not in browser.shown:
        await browser.open("/manage/users")
    return await browser.send(each.url or each.path, **each.form)


@pytest.mark.parametrize("each", PAGES, ids=str)
async def test_only_whom_the_matrix_names_is_let_in(
    browser: Browser, ada: Browser, grace: Browser, furnished: None, each: Page
) -> None:
    allowed = {
        Who.ANYBODY: {"anonymous", "student", "admin"},
        Who.SOMEBODY: {"student", "admin"},
        Who.STUDENT: {"student"},
        Who.ADMIN: {"admin"},
    }[each.who]
    for name, visitor in (("anonymous", browser), ("student", ada), ("admin", grace)):
        answer = await _call(visitor, each)
        if name in allowed:
            assert answer.status_code in {200, 204, 303, each.refused}, (name, answer.text)
            assert "/sign-in?" not in answer.headers.get("location", ""), name
        elif name == "anonymous":
            assert answer.status_code == 303, answer.text
            assert answer.headers["location"].startswith("/sign-in")
        else:
            assert answer.status_code == 403, (name, answer.text)
            assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("each", [each for each in PAGES if each.method == "GET" and each.is_html], ids=str)
async def test_every_page_tells_browsers_to_be_careful(
    ada: Browser, grace: Browser, furnished: None, each: Page
) -> None:
    visitor = ada if each.who is Who.STUDENT else grace
    answer = await visitor.open(each.url or each.path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    if answer.status_code == 200:
        assert "<style" not in answer.text
        assert "style=" not in answer.text
        assert "onclick" not in answer.text
        assert "http://edutrack" not in answer.text
