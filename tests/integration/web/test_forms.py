"""Forms are taken from our own pages alone, in the session they were shown in."""

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
    answer = await ada.send("/sign-out")
    assert answer.status_code == 403
    assert "older than your session" in answer.text
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
