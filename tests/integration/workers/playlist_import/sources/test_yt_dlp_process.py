"""The process yt-dlp runs in: bounded, and gone when nobody reads any more."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from tests.integration.workers.playlist_import.sources.reading import HASTY_YT_DLP, outcome_of
from tests.youtube.innertube import InnerTube, innertube
from tests.youtube.playlists import PLAYLIST_ID, Kind, Trouble, make_playlist
from workers.playlist_import.sources.yt_dlp_source import CHILD, YtDlpSource

READER = """
import asyncio, sys
from pathlib import Path
from workers.playlist_import.sources.yt_dlp_source import YtDlpSource

async def read():
    async for page in YtDlpSource(sys.argv[1], Path(sys.argv[2])).pages(sys.argv[3]):
        pass

asyncio.run(read())
"""


@pytest.fixture
def youtube() -> Iterator[InnerTube]:
    with innertube(make_playlist(250)) as server:
        yield server


def source(youtube: InnerTube) -> YtDlpSource:
    return YtDlpSource(youtube.host, youtube.ca_file, HASTY_YT_DLP)


def running(youtube: InnerTube, of: psutil.Process | None = None) -> list[psutil.Process]:
    """Return the processes of yt-dlp that somebody has, us unless said otherwise."""
    children = (of or psutil.Process()).children(recursive=True)
    return [each for each in children if each.is_running() and CHILD in each.cmdline()]


async def until_it_hangs(youtube: InnerTube) -> None:
    async with asyncio.timeout(30):
        while len(youtube.asked) < 4:
            await asyncio.sleep(0.05)


async def test_5000_items_fit_into_the_memory_that_500_need(youtube: InnerTube) -> None:
    youtube.add(make_playlist(5_000))
    us, child, found = psutil.Process(), [], 0
    ours = []
    gc.freeze()  # what other tests have left is not looked through at every page
    async with aclosing(source(youtube).pages(PLAYLIST_ID)) as pages:
        async for page in pages:
            found += len(page.items)
            gc.collect()
            ours.append(us.memory_info().rss)
            child += [each.memory_info().rss for each in running(youtube)][:1]
    gc.unfreeze()
    assert found == 5_000
    assert len(ours) == 50
    assert len(child) >= 40
    assert max(child) / child[4] < 1.25
    assert max(ours) / ours[4] < 1.25


async def test_who_stops_reading_leaves_no_process(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.HANG, page=1)
    async with aclosing(source(youtube).pages(PLAYLIST_ID)) as pages:
        await anext(pages)
        assert len(running(youtube)) == 1
    assert running(youtube) == []


async def test_who_is_cancelled_leaves_no_process(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.HANG, page=1)
    reading = asyncio.create_task(outcome_of(source(youtube), PLAYLIST_ID))
    await until_it_hangs(youtube)
    assert len(running(youtube)) == 1
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert running(youtube) == []


async def test_who_is_killed_leaves_no_process(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.HANG, page=1)
    command = (sys.executable, "-c", READER, youtube.host, str(youtube.ca_file), PLAYLIST_ID)
    reader = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[5])
    await until_it_hangs(youtube)
    left = running(youtube, psutil.Process(reader.pid))
    assert len(left) == 1
    reader.kill()
    await reader.wait()
    gone, alive = psutil.wait_procs(left, timeout=5)
    assert (len(gone), alive) == (1, [])


async def test_a_process_that_is_killed_is_a_failure_and_no_end(youtube: InnerTube) -> None:
    youtube.trouble = Trouble(Kind.HANG, page=1)
    reading = asyncio.create_task(outcome_of(source(youtube), PLAYLIST_ID))
    await until_it_hangs(youtube)
    os.kill(running(youtube)[0].pid, signal.SIGKILL)
    outcome = await reading
    assert outcome.code == "unexpected"
    assert len(outcome.items) == 100


async def test_several_read_at_once_without_getting_in_the_way(youtube: InnerTube) -> None:
    playlists = [make_playlist(120, playlist_id=f"PLtogether000{each}", title=str(each)) for each in range(4)]
    for playlist in playlists:
        youtube.add(playlist)
    one = source(youtube)
    outcomes = await asyncio.gather(*(outcome_of(one, playlist.id) for playlist in playlists))
    assert [outcome.pages[0].title for outcome in outcomes] == ["0", "1", "2", "3"]
    assert [len(outcome.items) for outcome in outcomes] == [120] * 4
