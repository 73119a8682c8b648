"""Networks, servers, tokens and browsers that fail under a playing video: nothing is lost, nothing is inflated."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from playwright.async_api import Browser, Page, async_playwright

from core.roles import Role
from core.security import Tokens
from tests.conftest import SECRET
from tests.e2e.players import launch_profile
from tests.e2e.processes import Processes
from tests.e2e.site import Site
from tests.proxy import Proxy

pytestmark = [pytest.mark.serial, pytest.mark.e2e]  # videos play in real time

HEARTBEAT_SECONDS = 2.0
AWAY_SECONDS = 6.0
SLOW_SECONDS = 10.0
FAR = timedelta(hours=3)
SOON = 60


class Viewer:
    """A student in front of a page, whose way to the API can be cut."""

    def __init__(self, name: str, running: Processes, site: Site) -> None:
        self.name, self.site = name, site
        self.student = running.sign_in(name)
        self.token = self.student.headers["Authorization"].removeprefix("Bearer ")
        self.way = Proxy.to(running.url)
        self.way.mend()

    async def open(self, page: Page, **fields: object) -> None:
        """Open the page, with other fields than usual."""
        api = f"http://127.0.0.1:{self.way.port}"
        usual = {"api": api, "token": self.token, "video": 1, "heartbeat": HEARTBEAT_SECONDS}
        await page.goto(self.site.page("native", self.name, **usual | fields))
        await page.wait_for_function("document.querySelector('video').readyState > 3")

    async def play(self, page: Page) -> None:
        """Play so slowly that ten seconds of video take twenty."""
        await run(page, "video.playbackRate = 0.5; video.play()")

    async def watch_time(self, least: float) -> float:
        """Return today's watch time, as soon as it is so much."""
        async with asyncio.timeout(SOON):
            while (found := await self.today()) < least:
                await asyncio.sleep(0.5)
        await asyncio.sleep(1)
        return max(found, await self.today())

    async def today(self) -> float:
        answer: httpx.Response = await asyncio.to_thread(self.student.get, "/attendance/today")
        return float(answer.json()["total_seconds"])

    async def began(self) -> datetime:
        """Return the first play of all."""
        first = (await asyncio.to_thread(self.student.get, "/progress/video/1")).json()[-1]
        return datetime.fromisoformat(f"{first['date']}T{first['first_start_time']}+00:00")


async def run(page: Page, script: str) -> None:
    await page.evaluate("script => new Function('video', script)(document.querySelector('video'))", script)


async def played(page: Page) -> float:
    found: float = await page.evaluate("meter.played")
    return found


async def test_nothing_is_lost_and_nothing_is_inflated(
    running: Processes, site: Site, browser: Browser, tmp_path: Path
) -> None:
    def viewer(name: str) -> Any:
        return asyncio.to_thread(Viewer, name, running, site)

    await asyncio.gather(
        offline(await viewer("offline"), browser),
        server_away(await viewer("server-away"), browser),
        tab_closed_meanwhile(await viewer("tab-closed"), browser),
        page_left(await viewer("page-left"), browser),
        token_expires(await viewer("token-expires"), browser),
        tab_hidden(await viewer("tab-hidden"), browser),
        slow_line(await viewer("slow-line"), browser),
        clock_wrong_on_a_slow_line(await viewer("clock-wrong"), browser),
        clock_set_right(await viewer("clock-set-right"), browser),
        asleep_then_killed(await viewer("asleep-then-killed"), tmp_path / "asleep"),
        killed_while_away(await viewer("killed-while-away"), tmp_path / "away"),
    )


@asynccontextmanager
async def page_of(
    viewer: Viewer, browser: Browser, ahead: timedelta = timedelta(), **fields: object
) -> AsyncIterator[Page]:
    """Open a page in a profile of its own, whose clock may be wrong, and play."""
    context = await browser.new_context()
    milliseconds = ahead // timedelta(milliseconds=1)
    await context.add_init_script(
        f"const right = Date.now; window.ahead = {milliseconds}; Date.now = () => right() + ahead"
    )
    page = await context.new_page()
    await viewer.open(page, **fields)
    await viewer.play(page)
    yield page
    await context.close()


async def all_is_there(viewer: Viewer, page: Page) -> None:
    await run(page, "video.pause()")
    shown = await played(page)
    assert await viewer.watch_time(shown - 1) == pytest.approx(shown, abs=1), viewer.name


async def offline(viewer: Viewer, browser: Browser) -> None:
    async with page_of(viewer, browser) as page:
        await asyncio.sleep(3)
        await page.context.set_offline(True)
        await asyncio.sleep(AWAY_SECONDS)
        await page.context.set_offline(False)
        await all_is_there(viewer, page)


async def server_away(viewer: Viewer, browser: Browser) -> None:
    async with page_of(viewer, browser) as page:
        await asyncio.sleep(3)
        viewer.way.cut()
        await asyncio.sleep(AWAY_SECONDS)
        viewer.way.mend()
        await all_is_there(viewer, page)


async def tab_closed_meanwhile(viewer: Viewer, browser: Browser) -> None:
    """What a tab could not send is sent by the next one."""
    async with page_of(viewer, browser) as page:
        viewer.way.cut()
        await asyncio.sleep(AWAY_SECONDS)
        shown = await played(page)
        await page.close(run_before_unload=True)
        await asyncio.sleep(1)
        viewer.way.mend()
        assert await viewer.today() == 0
        next_page = await page.context.new_page()
        await viewer.open(next_page)
        assert await viewer.watch_time(shown - 1) == pytest.approx(shown, abs=1), viewer.name


async def page_left(viewer: Viewer, browser: Browser) -> None:
    """The pause of a page that is left comes through: no heartbeat is due that could count instead."""
    async with page_of(viewer, browser, heartbeat=SOON) as page:
        await asyncio.sleep(3)
        shown = await played(page)
        await page.goto("about:blank")
        assert await viewer.watch_time(shown - 1) == pytest.approx(shown, abs=1), viewer.name


async def token_expires(viewer: Viewer, browser: Browser) -> None:
    lifetime = timedelta(minutes=60)
    almost_over = datetime.now(UTC) - lifetime + timedelta(seconds=SOON / 6)
    user = (await asyncio.to_thread(viewer.student.get, "/auth/users/me")).json()
    old = Tokens(SECRET.encode(), clock=lambda: almost_over).issue(user["id"], viewer.name, Role.STUDENT)
    async with page_of(viewer, browser, token=old) as page:
        await page.evaluate(
            "new Promise((refused) => EduTrack.tracker.on('error', ({ status }) => status === 401 && refused()))"
        )
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await page.evaluate(
            "token => (document.querySelector('script[data-token]').dataset.token = token)", viewer.token
        )
        await all_is_there(viewer, page)


async def tab_hidden(viewer: Viewer, browser: Browser) -> None:
    """Said by a fake: a browser without windows hides nothing. How far it is is told at once, then what it plays."""
    async with page_of(viewer, browser, heartbeat=SOON) as page:
        await asyncio.sleep(3)
        await page.evaluate(
            "Object.defineProperty(document, 'visibilityState', { value: 'hidden' });"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        await viewer.watch_time(1)
        await run(page, "video.pause()")
        await asyncio.sleep(AWAY_SECONDS)
        await all_is_there(viewer, page)


async def slow_line(viewer: Viewer, browser: Browser) -> None:
    """A play that arrives ten seconds late has begun when it did."""
    async with page_of(viewer, browser) as page:
        await asyncio.sleep(3)
        await run(page, "video.pause()")
        await viewer.watch_time(2)
        viewer.way.stall()
        await run(page, "video.play()")
        await asyncio.sleep(SLOW_SECONDS)
        viewer.way.flow()
        await all_is_there(viewer, page)


async def clock_wrong_on_a_slow_line(viewer: Viewer, browser: Browser) -> None:
    began = datetime.now(UTC)
    async with page_of(viewer, browser, ahead=FAR) as page:
        viewer.way.stall()
        await asyncio.sleep(SLOW_SECONDS)
        viewer.way.flow()
        await all_is_there(viewer, page)
    assert abs(await viewer.began() - began) < timedelta(minutes=1)


async def clock_set_right(viewer: Viewer, browser: Browser) -> None:
    began = datetime.now(UTC)
    async with page_of(viewer, browser, ahead=-FAR) as page:
        await asyncio.sleep(5)
        await page.evaluate("ahead = 0")
        await asyncio.sleep(5)
        await all_is_there(viewer, page)
    assert abs(await viewer.began() - began) < timedelta(minutes=1)


async def asleep_then_killed(viewer: Viewer, folder: Path) -> None:
    async with async_playwright() as playwright:
        context = await launch_profile(playwright, folder)
        page = await context.new_page()
        await viewer.open(page)
        await viewer.play(page)
        await asyncio.sleep(4)
        before = await played(page)
        with stopped(folder):
            await asyncio.sleep(AWAY_SECONDS)
        await run(page, "meter.played = 0")
        await asyncio.sleep(4)
        after = await played(page)
        kill(folder)
    shown = before + after
    counted = await viewer.watch_time(shown - HEARTBEAT_SECONDS - 1)
    assert counted == pytest.approx(shown, abs=HEARTBEAT_SECONDS + 1), (before, after)


async def killed_while_away(viewer: Viewer, folder: Path) -> None:
    """What a killed browser could not send is sent by the next one, also what it had not brought to disk by itself."""
    async with async_playwright() as playwright:
        page = await (await launch_profile(playwright, folder)).new_page()
        await viewer.open(page)
        await viewer.play(page)
        viewer.way.cut()
        await asyncio.sleep(AWAY_SECONDS + SLOW_SECONDS)
        shown = await played(page)
        kill(folder)
    viewer.way.mend()
    async with async_playwright() as playwright:
        page = await (await launch_profile(playwright, folder)).new_page()
        await viewer.open(page)
        counted = await viewer.watch_time(shown - HEARTBEAT_SECONDS - 1)
    assert counted == pytest.approx(shown, abs=HEARTBEAT_SECONDS + 1)


def kill(folder: Path) -> None:
    for process in processes_of(folder):
        process.kill()


@contextmanager
def stopped(folder: Path) -> Iterator[None]:
    """Let a whole browser sleep, as a laptop does."""
    processes = processes_of(folder)
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    yield
    for process in processes:
        process.send_signal(signal.SIGCONT)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return all processes of the browser whose profile is a folder."""
    mark = f"--user-data-dir={folder}"
    main = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in (process.info["cmdline"] or ()) and "--type=" not in " ".join(process.info["cmdline"])
    )
    return [main, *main.children(recursive=True)]
