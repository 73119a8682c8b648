"""An import worker and a scheduler as processes, a YouTube to import from, and everything in between cuttable."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
from sqlalchemy import text

from core.database import Sessions
from core.settings import Settings
from core.tables import ImportStatus, PlaylistImport
from events.tasks import IMPORT_PLAYLIST, TaskSender
from tests.e2e.processes import Processes, processes
from tests.integration.workers.playlist_import.imports import add_course, ask, look
from tests.proxy import Proxy
from tests.youtube.data_api import KEY, DataApi, data_api
from tests.youtube.innertube import InnerTube, innertube
from tests.youtube.playlists import Playlist, make_playlist

SECONDS = 40


@dataclass
class Stage:
    """Both processes and what they stand on."""

    started: Processes
    sessions: Sessions
    youtube: DataApi | InnerTube
    broker: Proxy
    redis: Proxy
    sender: TaskSender | None = None
    """Sends as the API does; without it the next sweep does."""

    def start(self, name: str) -> None:
        self.started.start(name, "worker", name)

    @property
    def worker(self) -> psutil.Process:
        return psutil.Process(self.started.running["imports"].pid)

    def children(self) -> list[psutil.Process]:
        """Return the processes that run imports."""
        return [
            child for child in self.worker.children() if "billiard.resource" not in " ".join(child.cmdline())
        ]

    def all_of_it(self) -> list[psutil.Process]:
        return [self.worker, *self.worker.children(recursive=True)]

    def kill_children(self) -> None:
        for child in self.children():
            os.kill(child.pid, signal.SIGKILL)

    async def ask(self, playlist: Playlist) -> tuple[int, int]:
        """Ask for a playlist that nobody has asked for; return its course and the import."""
        self.youtube.add(playlist)
        course = await add_course(self.sessions, playlist.id)
        import_id = await ask(self.sessions, course)
        if self.sender is not None:
            await self.sender.send(IMPORT_PLAYLIST, import_id)
        return course, import_id

    async def until(self, import_id: int, is_so: Callable[[PlaylistImport], bool]) -> PlaylistImport:
        """Wait until something is so of an import."""
        async with asyncio.timeout(SECONDS):
            while not is_so(found := await look(self.sessions, import_id)):
                await asyncio.sleep(0.05)
        return found

    async def until_ended(self, import_id: int) -> PlaylistImport:
        def has_ended(found: PlaylistImport) -> bool:
            assert found.status != ImportStatus.PAUSED_UNTIL, found.reason
            return not ImportStatus(found.status).is_running

        return await self.until(import_id, has_ended)

    async def time_passes(self) -> None:
        """Make of whoever is silent now somebody who has been silent for long; who lives says so soon."""
        old = "UPDATE playlist_imports SET heartbeat_at = heartbeat_at - interval '1 hour'"
        async with self.sessions.begin() as session:
            await session.execute(text(old))


@asynccontextmanager
async def staged(settings: Settings, sessions: Sessions, logs: Path, *, key: bool) -> AsyncIterator[Stage]:
    """Start both processes: with a key they use the Data API, without one yt-dlp."""
    broker, redis = (Proxy.to(url.get_secret_value()) for url in (settings.amqp_url, settings.redis_url))
    with ExitStack() as stack:
        for way in (broker, redis):
            way.mend()
            stack.callback(way.cut)
        youtube = stack.enter_context(data_api()) if key else stack.enter_context(innertube())
        env = {"EDUTRACK_YOUTUBE_CA_FILE": str(youtube.ca_file)}
        if isinstance(youtube, DataApi):
            env |= {"EDUTRACK_YOUTUBE_API_KEY": KEY, "EDUTRACK_YOUTUBE_API_URL": youtube.url}
        else:
            env |= {"EDUTRACK_YOUTUBE_INNERTUBE_HOST": youtube.host}
        env |= {
            "EDUTRACK_AMQP_URL": broker.url(settings.amqp_url.get_secret_value()),
            "EDUTRACK_REDIS_URL": redis.url(settings.redis_url.get_secret_value()),
        }
        started = stack.enter_context(processes(settings, logs, **env))
        sender = TaskSender(settings.amqp_url.get_secret_value())
        stack.callback(sender.close)
        stage = Stage(started, sessions, youtube, broker, redis, sender)
        for name in ("imports", "scheduler"):
            stage.start(name)
        yield stage


async def eventually(is_so: Callable[[], Awaitable[bool]] | Callable[[], bool], within: timedelta) -> None:
    async with asyncio.timeout(within.total_seconds()):
        while True:
            found = is_so()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.05)


def playlist_of(number: int, size: int) -> Playlist:
    return make_playlist(
        size, private=[3], deleted=[size - 2], repeated=[7], playlist_id=f"PLedutrack{number:05}"
    )


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
