"""`edutrack user` and `edutrack course`: what can be done without the API."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import service
from core.database import Sessions
from core.errors import BadRequest, NotFound, Unavailable
from core.security import Passwords
from core.tables import Course, User, Video
from tests.integration.cli.commands import Run, in_thread, said


async def users(sessions: Sessions) -> list[User]:
    async with sessions.begin() as session:
        return list(await session.scalars(select(User).order_by(User.id)))


async def accepts(sessions: Sessions, username: str, password: str) -> bool:
    async with sessions.begin() as session:
        user = await service.named(session, username)
    return await Passwords().verify(password, user.password_hash)


async def test_the_first_admin_is_made_with_a_password_piped_in(run: Run, sessions: Sessions) -> None:
    result = await in_thread(
        run, "user", "create", "--role", "admin", "Boss", "boss@example.org", typed="correct horse\n"
    )
    assert said(result) == "admin Boss has id 1.\n"
    assert [(user.username, user.role) for user in await users(sessions)] == [("Boss", "admin")]
    assert await accepts(sessions, "boss", "correct horse")


async def test_a_password_is_made_up_and_shown_once(run: Run, sessions: Sessions) -> None:
    result = await in_thread(run, "user", "create", "ada", "ada@example.org", "--generate")
    assert await accepts(sessions, "ada", said(result).strip().rpartition(" ")[2])


@pytest.mark.parametrize(
    ("arguments", "typed", "reason"),
    [
        (("ad", "ada@example.org"), "correct horse\n", "username must have 3 to 64 characters"),
        (("ada", "ada"), "correct horse\n", "email must be an e-mail address"),
        (("ada", "ada@example.org"), "short\n", "password must have 8 to 128 characters"),
        (("ada", "ada@example.org"), "", "password must have"),
    ],
)
async def test_accounts_the_api_would_refuse_are_refused(
    run: Run, sessions: Sessions, arguments: tuple[str, ...], typed: str, reason: str
) -> None:
    with pytest.raises(BadRequest, match=reason):
        await in_thread(run, "user", "create", *arguments, typed=typed)
    assert await users(sessions) == []


async def test_a_name_that_is_taken_is_refused(run: Run) -> None:
    said(await in_thread(run, "user", "create", "ada", "ada@example.org", "--generate"))
    with pytest.raises(BadRequest, match="taken"):
        await in_thread(run, "user", "create", "ADA", "other@example.org", "--generate")


async def test_an_account_is_disabled_enabled_and_given_a_new_password(run: Run, sessions: Sessions) -> None:
    said(await in_thread(run, "user", "create", "ada", "ada@example.org", "--generate"))
    said(await in_thread(run, "user", "disable", "Ada"))
    assert (await users(sessions))[0].disabled_at is not None
    said(await in_thread(run, "user", "enable", "ada"))
    assert (await users(sessions))[0].disabled_at is None
    said(await in_thread(run, "user", "password", "ada", typed="battery staple\n"))
    assert await accepts(sessions, "ada", "battery staple")


@pytest.mark.parametrize("command", ["disable", "enable", "password"])
async def test_nobody_is_not_found(run: Run, command: str) -> None:
    with pytest.raises(NotFound):
        await in_thread(run, "user", command, "nobody", typed="correct horse\n")


async def test_a_database_that_is_away_is_said_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDUTRACK_DATABASE_URL", "postgresql://edutrack:a-password@127.0.0.1:1/edutrack")
    with pytest.raises(Unavailable, match="is the stack up") as refusal:
        await in_thread(run, "course", "list")
    assert "a-password" not in str(refusal.value)


async def test_a_course_is_made_and_filled(run: Run, sessions: Sessions) -> None:
    said(await in_thread(run, "course", "create", "Optics"))
    for title in ("Lenses", "Mirrors"):
        said(await in_thread(run, "course", "add-video", "1", title, f"https://example.org/{title}"))
    assert said(await in_thread(run, "course", "list")) == "1\tOptics\t\n"
    async with sessions.begin() as session:
        assert await _titles(session) == [("Lenses", 0), ("Mirrors", 1)]


async def _titles(session: AsyncSession) -> list[tuple[str, int]]:
    rows = await session.execute(select(Video.title, Video.position).join(Course).order_by(Video.position))
    return [(title, position) for title, position in rows]


async def test_a_video_needs_a_course_a_title_and_a_link(run: Run) -> None:
    said(await in_thread(run, "course", "create", "Optics"))
    for arguments, error in (
        (("9", "Lenses", "https://example.org"), NotFound),
        (("1", " ", "https://example.org"), BadRequest),
        (("1", "Lenses", "javascript:alert(1)"), BadRequest),
    ):
        with pytest.raises(error):
            await in_thread(run, "course", "add-video", *arguments)


async def test_somebody_is_exported_and_erased(run: Run, sessions: Sessions, tmp_path: Path) -> None:
    await in_thread(run, "user", "create", "ada", "ada@example.org", typed="correct horse\n")
    file = tmp_path / "ada.json"
    assert "is in" in said(await in_thread(run, "user", "export", "ada", "-o", str(file)))
    assert json.loads(file.read_text())["user"]["email"] == "ada@example.org"
    assert (await in_thread(run, "user", "erase", "ada")).exit_code == 2
    assert "ada was erased, with 0 events." in said(await in_thread(run, "user", "erase", "ada", "--yes"))
    assert [user.username for user in await users(sessions)] == ["erased-1"]
    with pytest.raises(NotFound):
        await in_thread(run, "user", "export", "ada", "-o", str(file))
