"""`edutrack roster import`: done where it is typed, with or without a scheduler."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.auth import service
from core.database import Sessions
from core.errors import BadRequest, Conflict
from core.rosters.reading import MISSING
from core.security import Passwords
from core.tables import Course, Registration
from tests.integration.cli.commands import Run, in_thread, said

ROWS = "username,email,course,class\nada,ada@example.org,Optics,4b\n"


@pytest.fixture(autouse=True)
async def course(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Course(course_title="Optics"))


async def places(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return int(await session.scalar(select(func.count()).select_from(Registration)) or 0)


async def test_a_roster_is_tried_and_imported(run: Run, sessions: Sessions, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(ROWS)
    tried = said(await in_thread(run, "roster", "import", str(file), "--dry-run"))
    assert "1 lines: 1 created, 0 updated, 0 unchanged, 0 failed (nothing was written)." in tried
    assert "The column class means nothing here." in tried
    assert await places(sessions) == 0
    assert "1 created" in said(await in_thread(run, "roster", "import", str(file)))
    assert await places(sessions) == 1
    assert "1 unchanged" in said(await in_thread(run, "roster", "import", str(file)))


async def test_lines_that_cannot_be_used_are_listed(run: Run, sessions: Sessions, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes((ROWS + "Zoë,zoe@example.org,Alchemy,\n").encode("windows-1252"))
    result = await in_thread(run, "roster", "import", str(file), "--encoding", "windows-1252")
    assert result.exit_code == 1
    assert "line 3\tcourse\tis no course that takes students" in result.output
    assert await places(sessions) == 1


async def test_a_file_that_makes_no_sense_says_why(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("name\nada\n")
    with pytest.raises(BadRequest, match=MISSING):
        await in_thread(run, "roster", "import", str(file))


async def test_students_without_a_password_get_one_that_opens(
    run: Run, sessions: Sessions, tmp_path: Path
) -> None:
    roster, file = tmp_path / "roster.csv", tmp_path / "passwords.csv"
    roster.write_text(ROWS)
    await in_thread(run, "roster", "import", str(roster))
    assert "0 students" in said(
        await in_thread(run, "roster", "passwords", str(tmp_path / "x"), "--course", "99")
    )
    assert "1 students have a password now" in said(await in_thread(run, "roster", "passwords", str(file)))
    assert file.stat().st_mode & 0o077 == 0
    [(username, password)] = list(csv.reader(file.read_text().splitlines()))[1:]
    async with sessions.begin() as session:
        stored = await service.named(session, username)
    assert await Passwords().verify(password, stored.password_hash)
    with pytest.raises(Conflict, match="exists"):
        await in_thread(run, "roster", "passwords", str(file))
    assert "0 students" in said(await in_thread(run, "roster", "passwords", str(tmp_path / "again.csv")))
