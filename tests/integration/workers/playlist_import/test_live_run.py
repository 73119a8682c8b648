"""The opt-in run against the real YouTube, held against the local one: it works, and is run by nobody by accident."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT

import pytest

from stack.servers import Servers
from tests.services import VARIABLE, to_environment
from tests.youtube.innertube import innertube
from tests.youtube.playlists import PLAYLIST_ID, make_playlist


async def run(*arguments: str, **more: str) -> tuple[int | None, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("EDUTRACK_", "PYTEST_"))}
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/live", *arguments)
    process = await asyncio.create_subprocess_exec(*command, env=env | more, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_nobody_goes_to_youtube_who_does_not_ask_for_it() -> None:
    code, output = await run()
    assert (code, "no tests ran" in output) == (pytest.ExitCode.NO_TESTS_COLLECTED, True), output


async def test_a_playlist_is_imported_and_what_was_found_is_printed(servers: Servers) -> None:
    with innertube(make_playlist(120, private=[3])) as youtube:
        link = f"https://www.youtube.com/playlist?list={PLAYLIST_ID}&si=x"
        where = {
            VARIABLE: to_environment(servers),
            "EDUTRACK_YOUTUBE_INNERTUBE_HOST": youtube.host,
            "EDUTRACK_YOUTUBE_CA_FILE": str(youtube.ca_file),
        }
        code, output = await run("--live", link, **where)
    assert code == 0, output
    assert "120 counted, 120 found, 119 imported, 1 unavailable" in output
