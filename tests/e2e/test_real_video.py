"""A real browser plays a real video on a page of another origin; its seconds become attendance."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page, async_playwright

from tests.e2e.processes import Processes

PLAYED_SECONDS = 2.0
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")

pytestmark = pytest.mark.e2e


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is missing: `make test` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*QUIET, "--autoplay-policy=no-user-gesture-required"]
        )
        yield await browser.new_page()
        await browser.close()


async def test_seconds_played_in_chromium_are_found_in_attendance(
    running: Processes, page: Page, page_origin: str
) -> None:
    student = await asyncio.to_thread(running.sign_in, "watcher")
    token = student.headers["Authorization"].removeprefix("Bearer ")
    await page.goto(
        f"{page_origin}/player.html#{urlencode({'api': running.url, 'token': token, 'video': 1})}"
    )
    await page.wait_for_function("document.title === 'ready'")

    await page.evaluate("document.querySelector('video').play()")
    await page.wait_for_function("document.querySelector('output').textContent.includes('play 201')")
    await asyncio.sleep(PLAYED_SECONDS)
    await page.evaluate("document.querySelector('video').pause()")
    await page.wait_for_function("document.querySelector('output').textContent.includes('pause 201')")

    shown = await page.evaluate("reported.pause - reported.play")
    today = (await asyncio.to_thread(student.get, "/attendance/today")).json()
    assert today["total_seconds"] == pytest.approx(shown / 1000, abs=0.001)
    assert today["total_seconds"] > PLAYED_SECONDS / 2
    assert today["status"] == "absent", "a few seconds are less than the rule's thirty"
