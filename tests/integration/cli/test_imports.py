"""`edutrack import`: asked for, watched, left alone."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.database import Sessions
from core.errors import BadRequest
from core.imports import claims, requests
from core.imports.claims import Claim
from core.tables import ImportStatus, PlaylistImport
from events.topology import IMPORTS
from tests.integration.cli.commands import Run, in_thread, said
from tests.letters import take_all

LINK = "https://www.youtube.com/playlist?list=PL0123456789abcdef"
COMMAND = Path(sys.executable).with_name("edutrack")
SOON = 20


async def claimed(sessions: Sessions) -> Claim:
    """Take the import as soon as it is there."""
    async with asyncio.timeout(SOON):
        while True:
            async with sessions.begin() as session:
                row = await requests.by_id(session, 1)
                mine = await claims.claim(session, 1, datetime.now(UTC)) if row else None
            if mine is not None:
                return mine
            await asyncio.sleep(0.05)


async def status(sessions: Sessions) -> str:
    async with sessions.begin() as session:
        return (await session.get_one(PlaylistImport, 1)).status


Work = Callable[[Sessions, Claim], Awaitable[Any]]


async def finish(sessions: Sessions, mine: Claim) -> None:
    item = {"youtube_id": "v", "title": "Lenses", "duration_seconds": None, "problem": None}
    rows = [{**item, "position": n, "unavailable": why} for n, why in enumerate((None, "private"))]
    now = datetime.now(UTC)
    async with sessions.begin() as session:
        await claims.store_page(session, mine, now, items=rows, title="Optics", total=2, cursor=None)
    async with sessions.begin() as session:
        await claims.finish(session, mine, now, imported=1, warning=("unavailable", "1 cannot be watched."))


async def fail(sessions: Sessions, mine: Claim) -> None:
    async with sessions.begin() as session:
        await claims.fail(session, mine, datetime.now(UTC), "not_found", "There is no such playlist.")


async def pause_and_cancel(sessions: Sessions, mine: Claim) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    async with sessions.begin() as session:
        await claims.pause(session, mine, until, "rate_limited", "Too many requests.")
    await asyncio.sleep(2)
    async with sessions.begin() as session:
        await requests.cancel(session, mine.import_id)


@pytest.mark.parametrize(
    ("work", "code", "sentences"),
    [
        (
            finish,
            0,
            [
                "Import 1 fills course 1",
                "Optics: 1 of 2 videos",
                "1 cannot be watched.",
                "1\tv\tLenses\tprivate",
            ],
        ),
        (fail, 1, ["There is no such playlist."]),
        (pause_and_cancel, 1, ["paused until", "Too many requests.", "It was cancelled."]),
    ],
)
async def test_an_import_is_watched_to_its_end(
    run: Run, sessions: Sessions, broker: str, work: Work, code: int, sentences: list[str]
) -> None:
    running = asyncio.create_task(in_thread(run, "import", LINK))
    await work(sessions, await claimed(sessions))
    result = await running
    assert result.exit_code == code, result.output
    for sentence in sentences:
        assert sentence in result.output


async def test_nobody_has_to_wait(run: Run, sessions: Sessions, broker: str) -> None:
    for _ in range(2):
        said(await in_thread(run, "import", LINK, "--no-wait"))
    (message,) = await take_all(broker, IMPORTS.name)
    assert json.loads(message.body)[0] == [1]
    assert await status(sessions) == "queued"


async def test_a_broker_that_is_away_is_said_and_no_failure(
    run: Run, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDUTRACK_AMQP_URL", "amqp://guest@127.0.0.1:1/")
    result = await in_thread(run, "import", LINK, "--no-wait")
    assert (result.exit_code, "RabbitMQ is away" in result.output) == (0, True)
    assert await status(sessions) == "queued"


async def test_what_is_no_playlist_is_refused(run: Run) -> None:
    with pytest.raises(BadRequest, match="one video"):
        await in_thread(run, "import", "https://youtu.be/abcdefghijk")


@pytest.mark.e2e
async def test_ctrl_c_leaves_it_running_and_says_so(run: Run, sessions: Sessions, broker: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("env", "--default-signal=INT"),  # what a shell starts in the background ignores it
        *(COMMAND, "import", LINK),
        env={**os.environ, "EDUTRACK_ENV": "development"},
        stdout=PIPE,
        stderr=STDOUT,
    )
    mine = await claimed(sessions)
    await asyncio.sleep(1)
    process.send_signal(signal.SIGINT)
    output, _ = await asyncio.wait_for(process.communicate(), SOON)
    assert (process.returncode, b"goes on by itself" in output) == (130, True), output
    assert b"Traceback" not in output
    assert await status(sessions) == ImportStatus.FETCHING
    await fail(sessions, mine)
