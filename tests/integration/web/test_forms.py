"""Forms are taken from our own pages alone, in the session they were shown in."""

from urllib.parse import urlencode

import pytest

from tests.integration.api.conftest import ADDRESS
from tests.integration.web.conftest import PASSWORD, Browser


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "https://edutrack", "http://edutrack.evil"]
)
async def test_a_form_from_elsewhere_is_refused(
    browser: Browser, people: dict[str, int], origin: str | None
) -> None:
    await browser.open("/sign-in")
    answer = await browser.send("/sign-in", origin, username="ada", password=PASSWORD)
    assert answer.status_code == 403
    assert "sent from somewhere else" in answer.text
    assert (await browser.open("/learn")).status_code == 303


async def test_a_form_of_another_session_is_refused(
    browser: Browser, ada: Browser, people: dict[str, int]
) -> None:
    await browser.open("/sign-in")
    ada.shown = browser.shown
    answer = await ada.send("/sign-out", referer="/learn?after=1")
    assert answer.status_code == 403
    assert "older than your session" in answer.text
    assert 'href="/learn?after=1">Back to the form' in answer.text
    assert (await ada.open("/learn")).status_code == 200


async def test_a_form_without_token_is_refused(ada: Browser) -> None:
    ada.shown = ""
    assert (await ada.send("/sign-out")).status_code == 403


async def test_a_form_that_cannot_be_read_is_refused_on_a_page(ada: Browser) -> None:
    answer = await ada.client.post(
        "/sign-out", content=b"x", headers={"Origin": ADDRESS, "Content-Type": "multipart/form-data"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    await ada.open("/learn")
    assert (await ada.send("/sign-in", username="a\0b", password="x")).status_code == 400


@pytest.mark.parametrize(
    ("sent_to", "referer", "leads_to"),
    [
        ("/manage/courses", "/manage/courses?archived=true", "/manage/courses?archived=true"),
        ("/manage/courses/1/videos", "/manage/courses/1/videos", "/manage/courses/1"),
        ("/manage/rosters/passwords", "/manage/rosters/passwords?x=1", "/manage/rosters"),
        (
            "/operate/dead-letters/progress/drop",
            "/operate/dead-letters/progress/drop",
            "/operate/dead-letters",
        ),
        ("/account/password", "/account/password", "/account"),
        ("/manage/courses", "/manage/no/such/page", ""),
        ("/manage/courses", "https://evil.example/manage/courses", ""),
        ("/manage/courses", f"{ADDRESS}.evil/manage/courses", ""),
        ("/manage/courses", f"{ADDRESS}//evil.example/", ""),
    ],
)
async def test_a_form_that_was_sent_too_late_leads_back_to_its_page(
    browser: Browser, sent_to: str, referer: str, leads_to: str
) -> None:
    await browser.open("/sign-in")
    answer = await browser.send(sent_to, referer=referer)
    asked = ({"next": leads_to} if leads_to else {}) | {"lost": "true"}
    assert answer.headers["location"] == f"/sign-in?{urlencode(asked)}"
    shown = (await browser.open(answer.headers["location"])).text
    assert "You were signed out; what you sent was not taken." in shown
    assert f'name="next" value="{leads_to or "/"}"' in shown


async def test_a_part_of_a_page_leads_back_to_the_page(browser: Browser) -> None:
    shown = {"HX-Request": "true", "Referer": f"{ADDRESS}/operate"}
    answer = await browser.open("/operate/live", headers=shown)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2Foperate")


async def test_nobody_is_told_of_a_form_that_came_from_elsewhere(browser: Browser) -> None:
    answer = await browser.send("/manage/courses", "https://evil.example", referer="https://evil.example/")
    assert answer.headers["location"] == "/sign-in"
