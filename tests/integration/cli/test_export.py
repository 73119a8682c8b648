"""`edutrack export attendance` writes what the report answers."""

import csv
import json
from pathlib import Path
from uuid import UUID

import pytest
from openpyxl import load_workbook

from core.clock import utc_now
from core.database import Sessions
from core.errors import BadRequest, NotFound
from core.policy import Policy
from events.schemas import Pause
from tests.integration.cli.commands import Run, in_thread, said
from tests.people import add_students, add_videos
from workers.watch_time.service import WatchTime

NOT_WRITABLE = {
    "/nowhere/june.csv": "there is no folder /nowhere",
    "/etc": "cannot be written: is a directory",
    "/etc/passwd/june.csv": "cannot be written: not a directory",
    "/dev/full": "cannot be written: no space left on device",
}


@pytest.fixture
async def watched(sessions: Sessions) -> Sessions:
    """Two students, one of whom has watched a minute today."""
    async with sessions.begin() as session:
        await add_students(session, 2)
        await add_videos(session, 1)
    now = utc_now()
    pause = Pause(event_id=UUID(int=1), user_id=1, video_id=1, at=now, received_at=now, claimed_seconds=60)
    await WatchTime(sessions, Policy()).apply([pause])
    return sessions


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_every_form_says_the_same(watched: Sessions, run: Run, tmp_path: Path) -> None:
    today = str(utc_now().date())
    asked = ("export", "attendance", "--from", today, "--to", today)
    header, *lines = csv.reader(said(await in_thread(run, *asked)).splitlines())
    assert header[-1] == today
    assert [(line[1], line[2], line[-1]) for line in lines] == [
        ("student1", "1", "P"),
        ("student2", "0", "A"),
    ]
    answered = json.loads(said(await in_thread(run, *asked, "--format", "json")))
    assert answered["days"] == [today]
    assert [student["statuses"] for student in answered["students"]] == [["P"], ["A"]]
    book = tmp_path / "june.xlsx"
    said(await in_thread(run, *asked, "--seconds", "-o", str(book)))
    rows = list(load_workbook(book).worksheets[0].iter_rows(values_only=True))
    assert [row[-1] for row in rows] == [today, 60, 0]
    of_course = said(await in_thread(run, *asked, "--course", "1"))
    assert len(of_course.splitlines()) == 1, "nobody is in it"


async def test_what_cannot_be_exported_is_said(watched: Sessions, run: Run, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be printed"):
        await in_thread(run, "export", "attendance", "--format", "xlsx")
    with pytest.raises(NotFound):
        await in_thread(run, "export", "attendance", "--course", "9", "-o", str(tmp_path / "june.csv"))
    assert files_in(tmp_path) == []
    wrong = (("--format", "pdf"), ("--from", "2026-06-02", "--to", "2026-06-01"))
    for options in wrong:
        assert (await in_thread(run, "export", "attendance", *options)).exit_code == 2


async def test_where_nothing_can_be_written_is_said_in_one_line(watched: Sessions, run: Run) -> None:
    for path, reason in NOT_WRITABLE.items():
        commands = [("export", "attendance", "-o", path), ("user", "export", "student1", "-o", path)]
        if path not in {"/etc", "/dev/full"}:  # what exists is never written to
            commands.append(("roster", "passwords", path))
        for command in commands:
            with pytest.raises(BadRequest, match=reason):
                await in_thread(run, *command)
    with pytest.raises(BadRequest, match="there is no folder"):
        await in_thread(run, "export", "attendance", "-o", "/nowhere/june.xlsx")
