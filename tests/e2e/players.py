"""What the tests of the player script need besides a stack: clips and browsers."""

import base64
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright

from tests.e2e.site import Site
from tests.npm import BUILD

CLIP_SECONDS = 10
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    "--autoplay-policy=no-user-gesture-required",
)


async def record_clips(site: Site) -> None:
    """Give a site its clips, which a browser has recorded once."""
    paths = [BUILD / name for name in ("clip.webm", "clip.mp4")]
    if not all(path.exists() for path in paths):
        async with chromium() as browser:
            page = await browser.new_page()
            await page.goto(site.page("recorder", "nobody"))
            recorded = await page.evaluate("record", CLIP_SECONDS)
        BUILD.mkdir(exist_ok=True)
        for path, text in zip(paths, recorded, strict=True):
            part = path.with_suffix(f".{os.getpid()}")
            part.write_bytes(base64.b64decode(text))
            part.rename(path)
    site.clips = {path.suffix: path.read_bytes() for path in paths}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield browser
        await browser.close()


async def launch_profile(playwright: Playwright, folder: Path) -> BrowserContext:
    """Start a browser of its own that remembers in a folder; it ends with playwright, or before."""
    return await playwright.chromium.launch_persistent_context(
        folder, executable_path=executable(), args=QUIET
    )


def executable() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is missing: `make test` installs it"
    return found
