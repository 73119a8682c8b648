"""The pages in Chromium: every one loads, looks right in light and dark, wide and narrow, and works by keyboard."""

import asyncio
import re
import time

import pytest
from playwright.async_api import Browser

from core.roles import Role
from core.settings import Settings
from events.topology import SIGNS_OF_LIFE
from tests.e2e.processes import Processes
from tests.e2e.school import FILE, LONG, PAGES, School, calendar, total, watch_some
from tests.e2e.site import Site
from tests.e2e.visitors import AUDITED, MODES, YOUTUBE, Visitor, visitor
from tests.letters import put

pytestmark = [pytest.mark.serial, pytest.mark.e2e]

PLAYLIST = "https://www.youtube.com/watch?v=fNk_zzaMoSs&list=PLZHQObOWTQDPD3MizzM2xVFitgF8hE_ab"
SOON = 15
A4_ACROSS = 1046
"""An A4 page on its side, within its margins, in CSS pixels."""
HIDES_COLUMNS = """() => [...document.querySelectorAll(".scroll:not(#heat)")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)"""


@pytest.fixture(scope="module")
async def school(running: Processes, own_settings: Settings, site: Site, browser: Browser) -> School:
    student = await asyncio.to_thread(running.sign_in, "ada")
    admin = await asyncio.to_thread(running.sign_in, "grace", Role.ADMIN)
    video = {"title": "A film of our own", "video_link": f"{site.url}/clip/pages.webm"}
    assert (await asyncio.to_thread(admin.post, "/courses/1/videos", json=video)).json()["id"] == FILE
    await asyncio.to_thread(student.post, "/courses/1/register")
    asked = await asyncio.to_thread(
        admin.post, "/videos/youtube-playlist", json={"playlist_url": "PL0123456789"}
    )
    stored = await asyncio.to_thread(admin.put, "/attendance/calendar", json=calendar())
    assert stored.status_code == 200
    await asyncio.to_thread(admin.patch, "/videos/1", json={"title": LONG})
    day = await asyncio.to_thread(watch_some, student)
    await put(own_settings.amqp_url.get_secret_value(), b"no events", "first")
    await put(own_settings.amqp_url.get_secret_value(), b"none either", "second")
    windows = [await visitor(browser, running.url) for _ in range(3)]
    await windows[0].sign_in("ada")
    await windows[1].sign_in("grace")
    ada, grace, nobody = windows
    return School(ada, grace, nobody, student, day, asked.json()["import"]["id"])


@pytest.mark.parametrize(("who", "name", "path"), PAGES, ids=[name for _, name, _ in PAGES])
async def test_a_page_can_be_used_by_everybody(
    school: School, site: Site, who: str, name: str, path: str
) -> None:
    visitor = school.of(who)
    visitor.errors.clear()
    visitor.foreign.clear()
    await visitor.show("light-desk")
    await visitor.go(school.path(path))
    await visitor.unfold()
    for mode in MODES:
        await visitor.show(mode)
        await visitor.photograph(f"{name}-{mode}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await visitor.page.evaluate(wider) <= 0, mode
        if mode.endswith("phone"):
            assert await visitor.page.evaluate(HIDES_COLUMNS) == [], mode
        if mode in AUDITED:
            assert await visitor.audit() == "", mode
    await visitor.show("light-desk")
    missed = await visitor.reach_by_keyboard()
    if missed and await visitor.renews_itself():  # what was to be reached may be there no more
        missed = await visitor.reach_by_keyboard()
    assert missed == set()
    missing = [error for error in visitor.errors if "404" not in error or name != "no-such-video"]
    assert missing == []
    expected = {"watch-youtube": YOUTUBE, "watch-file": site.url}.get(name, "none")
    assert [url for url in visitor.foreign if not url.startswith(expected)] == []


async def test_a_student_watches_and_sees_what_counted(school: School) -> None:
    """A film of the school's own and one at YouTube, from the list of courses to the day."""
    page = school.ada.page
    await school.ada.go("/learn")
    await page.get_by_role("link", name="Optics").press("Enter")
    await page.get_by_role("link", name="A film of our own").press("Enter")
    await page.wait_for_function("() => document.querySelector('video').readyState > 2")
    before = total(school)
    await page.locator("video").press("Space")
    await page.wait_for_function("() => document.querySelector('video').currentTime > 2")
    await page.evaluate("document.querySelector('video').pause()")
    await page.get_by_text("counted as it plays").wait_for()
    await until(lambda: 1.5 < total(school) - before < 5)

    before = total(school)
    await school.ada.go("/learn/videos/3")
    await until(lambda: 2 < total(school) - before < 4)
    await school.ada.go(school.path("/my-attendance/{day}"))
    assert await page.get_by_role("cell", name="A film of our own").count() > 0


async def test_a_student_whose_session_ends_while_watching_is_told(
    school: School, running: Processes, browser: Browser
) -> None:
    window = await visitor(browser, running.url)
    page = window.page
    await window.sign_in("ada")
    await window.go(school.path("/learn/videos/{file}"))
    await page.context.clear_cookies()
    await page.route("**/progress/batch", lambda route: route.fulfill(status=401, json={"detail": "expired"}))
    await page.evaluate("document.querySelector('video').play()")
    await page.get_by_text("You are signed out: sign in again.").wait_for()
    await page.context.close()


async def test_an_analyst_finds_a_day_and_corrects_it_by_keyboard(school: School) -> None:
    page = school.grace.page
    await school.grace.go("/reports")
    await page.get_by_role("link", name="Optics").press("Enter")
    said = re.compile(r"^Present, day by day\. Last: \d+ %, .+\. The table below has every day\.$")
    chart = page.get_by_role("img", name=said)
    await chart.locator("canvas").wait_for()
    await page.locator("#heat").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        await page.keyboard.press(key)
    cell = page.locator("#heat td:focus")
    watched = str(await cell.text_content()).strip()
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("heading", name="Correct this day").wait_for()
    assert await school.grace.audit() == ""
    await drawer.get_by_label("What counts").select_option("excused")
    await drawer.get_by_label("Reason").press("Enter")
    await drawer.get_by_role("alert").wait_for()
    await drawer.get_by_label("Reason").fill("She was ill.")
    await drawer.get_by_label("Reason").press("Enter")
    await drawer.get_by_text("The day was corrected.").wait_for()
    await page.keyboard.press("Escape")
    await drawer.wait_for(state="hidden")
    assert await cell.text_content() == "e*"
    await page.keyboard.press("Enter")
    await drawer.get_by_role("button", name="Withdraw the correction").press("Enter")
    await drawer.get_by_text("The correction was withdrawn.").wait_for()
    assert await drawer.locator(":focus").count() == 1
    await page.keyboard.press("Escape")
    assert await cell.text_content() == watched
    assert str(await cell.get_attribute("aria-label")).endswith(f": {watched} min, present")


async def test_a_course_is_printed_light_on_a_page_that_holds_a_month(school: School) -> None:
    page = school.grace.page
    await page.set_viewport_size({"width": A4_ACROSS, "height": 700})
    await page.emulate_media(color_scheme="dark")
    await school.grace.go("/reports/courses/1")
    await page.emulate_media(media="print")
    least = page.locator(".step.h1")
    assert await least.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(217, 231, 241)"
    assert await page.evaluate("document.documentElement.scrollWidth") <= A4_ACROSS
    heads = page.locator("#heat thead")
    assert await heads.evaluate("one => getComputedStyle(one).display") == "table-header-group"
    for hidden in (page.get_by_role("navigation").first, page.get_by_role("link", name="CSV")):
        assert not await hidden.is_visible()
    await page.emulate_media(media="screen")
    await school.grace.show("light-desk")


async def test_an_admin_pastes_a_link_and_sees_what_becomes_of_it(school: School) -> None:
    page = school.grace.page
    box = page.get_by_label("Link to a playlist")
    async with school.grace.before_scripts("/manage/imports"):
        await box.fill("https://youtu.be/fNk_zzaMoSs")
    await page.get_by_text("This is one video").wait_for()
    await box.press("Enter")
    await page.get_by_role("alert").get_by_text("This is one video").wait_for()
    assert await box.input_value() == "https://youtu.be/fNk_zzaMoSs"
    await box.fill(PLAYLIST)
    await page.get_by_text("It will become a new course").wait_for()
    await box.press("Enter")
    await page.locator("#state").get_by_text("queued").wait_for()
    await page.reload()
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.get_by_role("button", name="Cancel").press("Enter")
    await page.get_by_role("button", name="Try again").wait_for()
    await page.locator("#state").get_by_text("cancelled").wait_for()


async def test_open_pages_outlive_an_outage(school: School, running: Processes) -> None:
    """They say that they are old and since when, keep what was typed, and go on by themselves."""
    imports = school.grace.page
    operations, courses, course = [await imports.context.new_page() for _ in range(3)]
    for page, path in (
        (imports, school.path("/manage/imports/{import_id}")),
        (operations, "/operate"),
        (courses, "/manage/courses"),
        (course, "/reports/courses/1"),
    ):
        await page.goto(running.url + path)
    await operations.locator("[data-chart=waiting] canvas").wait_for()
    await courses.get_by_text("Make a course without").press("Enter")
    await courses.get_by_label("Title").fill("Acoustics")
    await course.get_by_role("rowheader", name="ada").locator("~ td").last.click()
    drawer = course.get_by_role("dialog")
    await drawer.get_by_label("Reason").fill("She was away.")

    await asyncio.to_thread(running.kill, "api")
    for page, part in ((imports, "state"), (operations, "live")):
        await page.get_by_text(re.compile(r"What is shown dates from \d\d:\d\d:\d\d")).wait_for()
        await page.locator(f"#{part}.stale").wait_for()
    await operations.locator("#lines.stale").wait_for()
    for sent in (drawer, courses.locator("main")):
        await sent.locator("button.primary").press("Enter")
        await sent.get_by_role("alert").get_by_text("what was typed stays").wait_for()
    assert await drawer.get_by_label("Reason").input_value() == "She was away."
    running.start("api", "api")
    for page in (imports, operations):
        await page.get_by_text("What is shown dates from").wait_for(state="detached")
        await page.locator(".stale").wait_for(state="detached")
    await courses.get_by_role("button", name="Make", exact=True).press("Enter")
    await courses.get_by_role("heading", name="Acoustics").wait_for()

    away = "<p data-problem>The database is away.</p>"
    for page in (operations, course):
        await page.route("**", lambda route: route.fulfill(status=503, body=away))
    await operations.get_by_text("The database is away. What is shown dates from").wait_for()
    await drawer.locator("button.primary").press("Enter")
    await drawer.get_by_text("The database is away. It may not have been taken").wait_for()
    for page in (operations, course):
        await page.unroute("**")
    await operations.locator(".stale").wait_for(state="detached")
    await drawer.locator("button.primary").press("Enter")
    await drawer.get_by_text("The day was corrected.").wait_for()
    for page in (operations, courses, course):
        await page.close()


async def test_an_import_that_changes_elsewhere_changes_on_the_page(
    school: School, running: Processes
) -> None:
    page = school.grace.page
    await school.grace.go(school.path("/manage/imports/{import_id}"))
    await page.locator("#state").get_by_text("queued").wait_for()
    admin = await asyncio.to_thread(running.sign_in, "mary", Role.ADMIN)
    await page.evaluate("window.kept = document.getElementById('said')")
    await asyncio.to_thread(admin.post, school.path("/videos/imports/{import_id}/cancel"))
    await page.locator("#state").get_by_text("cancelled").wait_for()
    await page.wait_for_function("kept.isConnected && kept.textContent === 'cancelled'")


async def test_an_operator_sees_what_flows_and_sends_a_letter_back(school: School) -> None:
    page = school.grace.page
    await school.grace.go("/operate")
    letters = page.get_by_role("link", name="edutrack.progress.dead-letters")
    await letters.focus()
    shown = await page.locator("#live time").inner_text()
    await page.wait_for_function(
        "shown => document.querySelector('#live time').textContent !== shown", arg=shown
    )
    assert await letters.evaluate("one => one === document.activeElement")
    await page.locator("[data-chart=waiting] canvas").wait_for()
    await page.reload()
    await page.get_by_role("img", name="progress 0, progress, unacked 0").wait_for()
    signs = page.get_by_role("row", name=SIGNS_OF_LIFE.name)
    for cell in ("Unacked", "In / s", "Out / s"):
        await signs.locator(f'td[data-label="{cell}"]', has_text=re.compile(r"\d")).wait_for()
    await letters.press("Enter")
    await page.get_by_role("button", name="Send all back").press("Enter")
    await page.get_by_role("heading", name="Send back 2 letters?").wait_for()
    await page.get_by_text("Nothing has been done yet").wait_for()
    await page.get_by_role("button", name="Send back").press("Enter")
    await page.get_by_text("2 sent back to the queue").wait_for()
    await page.get_by_role("cell", name="grace").first.wait_for()


async def test_what_was_typed_outlives_a_session_and_is_shown_to_nobody_else(
    school: School, running: Processes, browser: Browser
) -> None:
    window = await visitor(browser, running.url)
    page, cookies = window.page, window.page.context
    title, make = page.get_by_label("Title"), page.get_by_role("button", name="Make", exact=True)
    kept = "sessionStorage.getItem('edutrack:typed')"

    async def reads(text: str) -> None:
        await page.get_by_text(text).wait_for()
        await page.wait_for_load_state()  # until then its scripts may not have run

    async def send_too_late() -> None:
        await window.go("/manage/courses?archived=true")
        await window.unfold()
        await title.fill("Colours")
        await cookies.clear_cookies()
        await make.press("Enter")
        await reads("You were signed out; what you sent was not taken")

    await window.sign_in("grace")
    await send_too_late()
    await window.say_who("grace")
    await reads("What you typed is here again")
    assert page.url.endswith("/manage/courses?archived=true")
    assert await title.input_value() == "Colours"
    await page.get_by_role("button", name="Sign out").press("Enter")
    await page.get_by_role("heading", name="Sign in").wait_for()
    assert await page.evaluate(kept) is None

    await window.sign_in("grace")
    await window.go("/manage/courses")
    await window.unfold()
    await title.fill("Colours and light")
    await cookies.clear_cookies()
    await Visitor(await cookies.new_page(), running.url).sign_in("grace")
    await make.press("Enter")
    await reads("This form is older than your session")
    await page.get_by_role("link", name="Back to the form").press("Enter")
    await reads("What you typed is here again")
    assert await title.input_value() == "Colours and light"
    await make.press("Enter")
    await page.get_by_role("heading", name="Colours and light").wait_for()
    await window.go("/manage/courses")
    assert await page.evaluate(f"[{kept}, document.getElementById('course_title').value]") == [None, ""]

    await send_too_late()
    assert "Colours" in await page.evaluate(kept)
    await window.say_who("ada")
    await page.wait_for_load_state()
    assert await page.evaluate(kept) is None
    await cookies.close()


async def test_signing_out_lets_nobody_back(school: School, running: Processes, browser: Browser) -> None:
    window = await visitor(browser, running.url)
    page = window.page
    await window.sign_in("grace")
    await window.go("/manage/users")
    await page.get_by_role("button", name="Sign out").press("Enter")
    await page.get_by_role("heading", name="Sign in").wait_for()
    await page.go_back()
    await page.get_by_role("heading", name="Sign in").wait_for()
    await page.context.close()


async def until(done: object) -> None:
    """Wait for what happens in the background."""
    assert callable(done)
    deadline = time.monotonic() + SOON
    while not await asyncio.to_thread(done):
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.2)
