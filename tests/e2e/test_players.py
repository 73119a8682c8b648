"""Real players play a real video on a page of another origin; the seconds they played become attendance."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import codes
from playwright.async_api import Browser, Page, Route

from tests.e2e.processes import Processes
from tests.e2e.site import PAGES, Site
from tests.npm import BUILD, install_packages

pytestmark = [pytest.mark.serial, pytest.mark.e2e]  # videos play in real time

YOUTUBE = "youtube"
PLAYERS = ("native", "hls", "videojs", "plyr", "media-chrome", YOUTUBE)
STALL_SECONDS = PAUSE_SECONDS = 2.0


@pytest.fixture(scope="module")
def packages() -> Path:
    return install_packages(Path(__file__).parent / "players", BUILD / "players")


async def test_seconds_played_are_found_in_attendance(
    running: Processes, site: Site, browser: Browser, packages: Path
) -> None:
    students = {name: await asyncio.to_thread(running.sign_in, f"watcher-{name}") for name in PLAYERS}
    await asyncio.gather(
        *(watch_with(name, student, running.url, site, browser) for name, student in students.items())
    )

    await goes_on_where_it_was_left(students[YOUTUBE], running.url, site, browser)


async def goes_on_where_it_was_left(student: httpx.Client, api: str, site: Site, browser: Browser) -> None:
    """The page says nothing of a place: the script asks for it."""
    token = student.headers["Authorization"].removeprefix("Bearer ")
    left = {
        "video_id": 2,
        "kind": "play",
        "occurred_at": datetime.now(UTC).isoformat(),
        "position_seconds": 600,
    }
    assert (await asyncio.to_thread(student.post, "/progress", json=left)).status_code == codes.CREATED
    page = await browser.new_page()
    await page.route("https://www.youtube.com/**", fake_youtube)
    fields = {"api": api, "token": token, "video": 2, "resume": "edutrack-resume"}
    await page.goto(site.page(YOUTUBE, YOUTUBE, **fields))
    await page.wait_for_function("Boolean(window.player?.playVideo)")
    await page.evaluate("player.playVideo()")
    await page.wait_for_function("player.getCurrentTime() >= 600")


async def watch_with(player: str, student: httpx.Client, api: str, site: Site, browser: Browser) -> None:
    token = student.headers["Authorization"].removeprefix("Bearer ")
    site.hold(player, 0.8)
    page = await browser.new_page()
    await page.route("https://www.youtube.com/**", fake_youtube)
    await page.goto(site.page(player, player, api=api, token=token, video=1))
    began = time.monotonic()
    if player == YOUTUBE:
        await watch_youtube(page)
    else:
        await watch(page, lambda: site.release(player))
    took = time.monotonic() - began

    meter = await page.evaluate("meter")
    today = await settled(student)
    assert today["total_seconds"] == pytest.approx(meter["played"], abs=1), player
    assert took - meter["played"] > STALL_SECONDS + PAUSE_SECONDS


async def watch(page: Page, release: Any) -> None:
    """Play, seek, play faster, run dry, go on, pause, and play to the end of ten seconds."""
    await page.wait_for_function("document.querySelector('video').readyState > 2")
    await run(page, "video.play()")
    await page.wait_for_function("document.querySelector('video').currentTime > 2")
    await run(page, "video.currentTime = 1")
    await run(page, "video.playbackRate = 2")
    await page.wait_for_function("document.querySelector('video').currentTime > 5")
    await run(page, "video.playbackRate = 1")
    await page.wait_for_function(
        "document.querySelector('video').currentTime > 7 && document.querySelector('video').readyState < 3"
    )
    await asyncio.sleep(STALL_SECONDS)
    release()
    await page.wait_for_function("document.querySelector('video').currentTime > 8.5")
    await run(page, "video.pause()")
    await asyncio.sleep(PAUSE_SECONDS)
    await run(page, "video.play()")
    await page.wait_for_function("document.querySelector('video').ended")


async def fake_youtube(route: Route) -> None:
    """Answer for YouTube, which no test depends on: its API is a fake, its player an empty page."""
    if route.request.url.endswith("/iframe_api"):
        await route.fulfill(path=PAGES / "fake_youtube.js", content_type="text/javascript")
    else:
        await route.fulfill(body="", content_type="text/html")


async def watch_youtube(page: Page) -> None:
    """Do the same with the fake."""
    await page.wait_for_function("Boolean(window.player?.playVideo)")
    await page.evaluate("player.playVideo()")
    await asyncio.sleep(3)
    await page.evaluate("player.seekTo(30)")
    await asyncio.sleep(2)
    await page.evaluate("player.setPlaybackRate(2)")
    await asyncio.sleep(2)
    await page.evaluate("player.stall(3000)")
    await asyncio.sleep(STALL_SECONDS + 2)
    await page.evaluate("player.pauseVideo()")
    await asyncio.sleep(PAUSE_SECONDS)
    await page.evaluate("player.playVideo()")
    await asyncio.sleep(2)
    await page.evaluate("player.pauseVideo()")


async def run(page: Page, script: str) -> None:
    await page.evaluate("script => new Function('video', script)(document.querySelector('video'))", script)


async def settled(student: httpx.Client) -> dict[str, Any]:
    """Return today's attendance once it stays the same."""
    before = None
    while True:
        today: dict[str, Any] = (await asyncio.to_thread(student.get, "/attendance/today")).json()
        if today == before:
            return today
        before = today
        await asyncio.sleep(1)
