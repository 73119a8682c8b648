"""People at our pages with a real browser: what they see, press and are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Route

from tests.e2e.processes import PASSWORD

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
YOUTUBE = "https://www.youtube-nocookie.com"
MODES = {
    "light-desk": ("light", 1280),
    "dark-desk": ("dark", 1280),
    "dark-phone": ("dark", 390),
    "light-phone": ("light", 390),
}
AUDITED = ("light-desk", "dark-phone")
"""Where axe looks: each colour and each width once."""

PLAYER = """<!doctype html><title>player</title><script>
  // As much of YouTube's protocol as its frame speaks: it plays for three seconds when it is first spoken to.
  const say = (message) => parent.postMessage(JSON.stringify(message), "*");
  let begun = false;
  addEventListener("message", ({ data }) => {
    if (begun || JSON.parse(data).event !== "listening") return;
    begun = true;
    say({ event: "initialDelivery", info: { playerState: 1, currentTime: 0, playbackRate: 1 } });
    const began = performance.now();
    const timer = setInterval(() => {
      const currentTime = (performance.now() - began) / 1000;
      const playerState = currentTime < 3 ? 1 : 2;
      say({ event: "infoDelivery", info: { currentTime, playerState } });
      if (playerState === 2) clearInterval(timer);
    }, 200);
  });
</script>"""

FOCUSABLE = """() => {
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")];
  const seen = all.filter((one) => one.checkVisibility() && !one.disabled);
  seen.forEach((one, at) => (one.dataset.stop = at));
  return seen.length;
}"""
FOCUSED = """() => {
  const one = document.activeElement;
  return [one.dataset.stop ?? "", getComputedStyle(one).outlineStyle !== "none"];
}"""


@dataclass
class Visitor:
    """A browser window, and everything in it that should not have happened."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    @asynccontextmanager
    async def before_scripts(self, path: str) -> AsyncIterator[None]:
        """Open a page over a line so slow that its scripts arrive when this ends."""
        arrived = asyncio.Event()

        async def arrive(route: Route) -> None:
            await arrived.wait()
            await route.continue_()

        await self.page.route("**/*.js", arrive)
        await self.page.goto(self.url + path, wait_until="commit")
        yield
        arrived.set()
        await self.page.wait_for_load_state("load")
        await self.page.unroute("**/*.js")

    async def sign_in(self, username: str) -> None:
        await self.go("/sign-in")
        await self.say_who(username)

    async def say_who(self, username: str) -> None:
        """Sign in where that is asked for, by keyboard alone."""
        for _ in range(10):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("document.activeElement.id") == "username":
                break
        await self.page.keyboard.type(username)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.get_by_role("button", name="Sign out").wait_for()

    async def unfold(self) -> None:
        """Open everything that is folded away."""
        await self.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")

    async def show(self, mode: str) -> None:
        scheme, width = MODES[mode]
        await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await self.page.set_viewport_size({"width": width, "height": 800})

    async def photograph(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    async def audit(self) -> str:
        """Return what axe finds."""
        found = await Axe().run(self.page)
        return str(found.generate_report()) if found.violations_count else ""

    async def renews_itself(self) -> bool:
        """Say whether parts of the page come and go without anybody's doing."""
        return await self.page.locator("[hx-trigger*=every], [data-events]").count() > 0

    async def reach_by_keyboard(self) -> set[str]:
        """Press Tab until everything was reached once; return what was not, or was focused and did not show it."""
        count = await self.page.evaluate(FOCUSABLE)
        missing = {str(number) for number in range(count)}
        hidden: set[str] = set()
        for _ in range(3 * count + 20):  # dates and players have several stops of their own
            await self.page.keyboard.press("Tab")
            stop, is_shown = await self.page.evaluate(FOCUSED)
            missing.discard(stop)
            if stop and not is_shown:
                hidden.add(f"{stop} shows no focus")
            if not missing:
                break
        return missing | hidden

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _watch(self, request: Request) -> None:
        if urlsplit(request.url).scheme in {"http", "https"} and not request.url.startswith(f"{self.url}/"):
            self.foreign.append(request.url)


async def visitor(browser: Browser, url: str) -> Visitor:
    """Open a window of its own, in which YouTube is a double."""
    context = await browser.new_context(reduced_motion="reduce")
    await context.route(f"{YOUTUBE}/**", lambda route: route.fulfill(body=PLAYER, content_type="text/html"))
    found = Visitor(await context.new_page(), url)
    found.page.on("console", found._hear)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("request", found._watch)
    return found
