"""What admins do on pages, and that what they typed is kept where it is refused."""

from sqlalchemy import select

from core.database import Sessions
from core.tables import Course, PlaylistImport, Roster, User, Video
from tests.integration.api.conftest import ADDRESS
from tests.integration.web.conftest import Browser

PLAYLIST = "PL0123456789abcdef"


def is_unfolded(summary: str, page: str) -> bool:
    return " open>" in page.partition(f"<summary>{summary}")[0].rpartition("<details")[2]


async def test_a_link_that_is_no_playlist_is_kept_with_its_reason(grace: Browser) -> None:
    await grace.open("/manage/imports")
    answer = await grace.send("/manage/imports", playlist_url="https://youtu.be/fNk_zzaMoSs")
    assert answer.status_code == 400
    assert 'value="https://youtu.be/fNk_zzaMoSs"' in answer.text
    assert "This is one video" in answer.text


async def test_a_preview_says_what_would_become_of_a_link(grace: Browser, sessions: Sessions) -> None:
    address = f"/manage/imports/preview?playlist_url={PLAYLIST}"
    assert "It will become a new course" in (await grace.open(address)).text
    async with sessions.begin() as session:
        session.add(Course(course_title="Optics", playlist_id=PLAYLIST))
    assert "which will be brought up to date" in (await grace.open(address)).text
    assert (await grace.open("/manage/imports/preview")).text.strip() == ""


async def test_a_course_is_made_changed_and_filled(grace: Browser, sessions: Sessions) -> None:
    await grace.open("/manage/courses")
    assert is_unfolded("Make a course", grace.shown), "nothing else is to be done where there is none"
    made = await grace.send("/manage/courses", course_title="Optics", link="")
    assert made.headers["location"] == "/manage/courses/1?done=made"
    await grace.open("/manage/courses/1")
    assert is_unfolded("Add a video", grace.shown)
    assert not is_unfolded("Make a course", (await grace.client.get("/manage/courses")).text)
    refused = await grace.send("/manage/courses/1/videos", title="Lenses", video_link="lenses.mp4")
    assert refused.status_code == 400
    assert 'value="lenses.mp4"' in refused.text
    added = {"title": "Lenses", "video_link": "https://example.org/lenses.mp4", "duration_seconds": "90"}
    assert (await grace.send("/manage/courses/1/videos", **added)).status_code == 303
    await grace.open("/manage/courses/1/videos/1")
    changed = {**added, "title": "Lenses and prisms", "position": "0", "duration_seconds": ""}
    assert (await grace.send("/manage/courses/1/videos/1", **changed)).status_code == 303
    async with sessions.begin() as session:
        video = (await session.scalars(select(Video))).one()
    assert (video.title, video.duration_seconds) == ("Lenses and prisms", None)


async def test_an_import_is_asked_for_once_and_cancelled(grace: Browser, sessions: Sessions) -> None:
    await grace.open("/manage/imports")
    first = await grace.send("/manage/imports", playlist_url=PLAYLIST)
    await grace.open("/manage/imports")
    again = await grace.send("/manage/imports", playlist_url=PLAYLIST)
    assert first.headers["location"] == again.headers["location"] == "/manage/imports/1"
    await grace.open("/manage/imports/1")
    await grace.send("/manage/imports/1/cancel")
    async with sessions.begin() as session:
        assert (await session.scalars(select(PlaylistImport.status))).all() == ["cancelled"]


async def test_an_account_that_is_refused_keeps_all_but_its_password(grace: Browser) -> None:
    await grace.open("/manage/users")
    answer = await grace.send(
        "/manage/users", username="bo", email="bo@example.org", password="correct horse", role="student"
    )
    assert answer.status_code == 400
    assert 'value="bo@example.org"' in answer.text
    assert "correct horse" not in answer.text
    beside = answer.text.partition('id="username-wrong">')[2].partition("<")[0]
    assert beside == "Must have 3 to 64 characters."
    assert 'id="email-wrong"' not in answer.text


async def test_nobody_disables_themselves(grace: Browser, sessions: Sessions, people: dict[str, int]) -> None:
    await grace.open("/manage/users")
    assert (await grace.send(f"/manage/users/{people['grace']}/disable")).status_code == 409
    await grace.open("/manage/users")
    assert (await grace.send(f"/manage/users/{people['ada']}/disable")).status_code == 303
    async with sessions.begin() as session:
        disabled = await session.scalars(select(User.username).where(User.disabled_at.is_not(None)))
        assert disabled.all() == ["ada"]


async def test_a_roster_is_tried_before_it_is_written(grace: Browser, sessions: Sessions) -> None:
    await grace.open("/manage/rosters")
    token = grace.shown.partition('name="form_token" value="')[2].partition('"')[0]
    answer = await grace.client.post(
        "/manage/rosters",
        data={"form_token": token},
        files={"file": ("class.csv", b"username,email\nbea,bea@example.org\n", "text/csv")},
        headers={"Origin": ADDRESS},
    )
    assert answer.headers["location"] == "/manage/rosters/1"
    async with sessions.begin() as session:
        roster = (await session.scalars(select(Roster))).one()
    assert (roster.dry_run, roster.total) == (True, 1)
    assert "0 of 1 lines so far" in (await grace.open("/manage/rosters/1")).text
    assert (await grace.send("/manage/rosters/1/apply")).status_code == 409
    await grace.open("/manage/rosters")
    assert "Choose a CSV file" in (await grace.send("/manage/rosters")).text
