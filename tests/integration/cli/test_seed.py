"""The demonstration is loaded once, and every account of it can be signed in to, wherever it was interrupted."""

# ruff: noqa: ASYNC240 - a small file on a disk of our own

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.auth import service
from cli.demo import load
from cli.demo.accounts import ROLES, UnreadableAccounts, known_accounts, publish_accounts, read_accounts
from cli.demo.courses import COURSES
from cli.demo.load import Loaded, load_demo
from core.database import Sessions
from core.roles import Role
from core.security import Hashing, Passwords
from core.tables import Course, User, Video

PASSWORDS = Passwords(Hashing(memory_kib=64, passes=1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "demo-accounts.json"


async def seed(sessions: Sessions, path: Path) -> Loaded:
    async with sessions.begin() as session:
        loaded = await load_demo(session, path, PASSWORDS.hash)
    publish_accounts(path)
    return loaded


async def can_sign_in(sessions: Sessions, username: str, password: str) -> bool:
    async with sessions.begin() as session:
        user = await service.named(session, username)
    return await PASSWORDS.verify(password, user.password_hash)


async def test_courses_with_videos_and_accounts_of_both_roles_are_there(
    sessions: Sessions, path: Path
) -> None:
    loaded = await seed(sessions, path)
    async with sessions.begin() as session:
        titles = set(await session.scalars(select(Course.course_title)))
        videos = await session.scalar(select(func.count()).select_from(Video))
        roles = set(await session.scalars(select(User.role)))
    assert titles == {course.title for course in COURSES}
    assert loaded.courses == len(COURSES)
    assert videos == sum(len(course.videos) for course in COURSES)
    assert roles == set(Role)


async def test_an_import_of_a_course_s_playlist_finds_the_videos_that_are_there(
    sessions: Sessions, path: Path
) -> None:
    await seed(sessions, path)
    async with sessions.begin() as session:
        videos = (await session.scalars(select(Video))).all()
    assert all(video.youtube_id and video.video_link.endswith(video.youtube_id) for video in videos)


async def test_everybody_in_the_file_can_sign_in(sessions: Sessions, path: Path) -> None:
    await seed(sessions, path)
    accounts = json.loads(path.read_text())
    assert {account["username"] for account in accounts} == set(ROLES)
    for account in accounts:
        assert account["role"] == ROLES[account["username"]]
        assert await can_sign_in(sessions, account["username"], account["password"])


async def test_only_the_owner_can_read_the_file(sessions: Sessions, path: Path) -> None:
    await seed(sessions, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_second_time_changes_nothing(sessions: Sessions, path: Path) -> None:
    await seed(sessions, path)
    written = path.read_text()
    again = await seed(sessions, path)
    assert (again.courses, list(again.new_accounts)) == (0, [])
    assert path.read_text() == written


async def test_a_crash_before_the_commit_leaves_passwords_that_the_next_run_uses(
    sessions: Sessions, path: Path
) -> None:
    async def crash(password: str) -> str:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with sessions.begin() as session:
            await load_demo(session, path, crash)
    assert not path.exists(), "who finds the file can rely on its accounts"
    prepared = known_accounts(path)
    await seed(sessions, path)
    assert read_accounts(path) == prepared
    for account in prepared:
        assert await can_sign_in(sessions, account.username, account.password)


async def test_a_crash_right_after_the_commit_leaves_accounts_with_known_passwords(
    sessions: Sessions, path: Path
) -> None:
    async with sessions.begin() as session:
        await load_demo(session, path, PASSWORDS.hash)
    assert list((await seed(sessions, path)).new_accounts) == []
    assert {account.username for account in read_accounts(path)} == set(ROLES)
    for account in read_accounts(path):
        assert await can_sign_in(sessions, account.username, account.password)


async def test_a_crash_while_the_file_is_written_leaves_no_account(
    sessions: Sessions, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(load, "prepare_accounts", crash)
    with pytest.raises(OSError, match="disk full"):
        await seed(sessions, path)
    async with sessions.begin() as session:
        assert await service.find(session, "demo-admin") is None


async def test_an_empty_database_gets_the_accounts_of_the_file(sessions: Sessions, path: Path) -> None:
    kept = await seed(sessions, path)
    async with sessions.begin() as session:
        for user in await session.scalars(select(User)):
            await session.delete(user)
    assert list((await seed(sessions, path)).new_accounts) == list(kept.accounts)


async def test_an_account_whose_password_is_not_known_stays_as_it_is(sessions: Sessions, path: Path) -> None:
    await seed(sessions, path)
    path.unlink()
    assert list((await seed(sessions, path)).accounts) == []
    assert read_accounts(path) == []


async def test_a_damaged_file_is_named_and_left_alone(sessions: Sessions, path: Path) -> None:
    await seed(sessions, path)
    path.write_text("[{")
    with pytest.raises(UnreadableAccounts, match="edutrack user password"):
        await seed(sessions, path)
    assert path.read_text() == "[{"


def test_no_file_means_no_accounts(path: Path) -> None:
    assert read_accounts(path) == known_accounts(path) == []
