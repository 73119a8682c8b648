"""Playlists from YouTube's own pages through yt-dlp, without a key. Cannot go on in the middle.

yt-dlp is a large program that parses what strangers send, so it runs in a process of its own, with limits.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from workers.playlist_import.sources.failures import (
    FAILURES,
    Changed,
    Incomplete,
    NotFound,
    TimedOut,
    Unexpected,
)
from workers.playlist_import.sources.items import check_playlist_id
from workers.playlist_import.sources.source import Page
from workers.playlist_import.sources.yt_dlp_protocol import Failed, Line, PageRead, Request

CHILD = "workers.playlist_import.sources.yt_dlp_child"


@dataclass(frozen=True, slots=True)
class YtDlpPolicy:
    """What yt-dlp may take. All tries of one request fit into `silence`, which then says who is to blame."""

    request: timedelta = timedelta(seconds=15)
    retries: int = 2
    retry_pause: timedelta = timedelta(seconds=1)
    pause_between_requests: timedelta = timedelta(seconds=0.5)
    silence: timedelta = timedelta(seconds=90)
    whole: timedelta = timedelta(minutes=15)
    memory_bytes: int = 512 * 1024**2
    """Address space; a playlist of any length takes a quarter of it."""
    line_bytes: int = 1024**2
    page_items: int = 100
    max_items: int = 20_000


YT_DLP_POLICY = YtDlpPolicy()

_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class YtDlpSource:
    """Reads playlists through yt-dlp."""

    def __init__(
        self,
        innertube_host: str | None = None,
        ca_file: Path | None = None,
        policy: YtDlpPolicy = YT_DLP_POLICY,
    ) -> None:
        self._host = innertube_host
        self._ca_file = ca_file
        self._policy = policy

    async def pages(self, playlist_id: str, cursor: str | None = None) -> AsyncGenerator[Page, None]:
        check_playlist_id(playlist_id)
        if cursor is not None:
            raise Changed("a cursor of another source")
        found, total = 0, None
        deadline = _in(self._policy.whole)
        async with self._child(playlist_id) as child:
            while isinstance(line := await self._next_line(child, deadline), PageRead):
                found, total = found + len(line.items), line.total
                yield Page(line.title, line.total, line.items, cursor=None)
        if isinstance(line, Failed):
            raise self._failure(line, found, total)
        if found != line.found:
            raise Incomplete(found, line.total)
        if line.not_listed:
            yield Page(None, line.total, [], cursor=None, not_listed=line.not_listed)

    @staticmethod
    def _failure(line: Failed, found: int, total: int | None) -> Exception:
        cause = line.cause.removeprefix(f"{line.code}: ")
        if line.code == Incomplete.code or (line.code == NotFound.code and found):  # what had pages exists
            return Incomplete(found, total, cause)
        return FAILURES.get(line.code, Unexpected)(cause)

    async def _next_line(self, child: Process, deadline: float) -> Line:
        assert child.stdout is not None
        try:
            async with asyncio.timeout_at(min(_in(self._policy.silence), deadline)):
                line = await child.stdout.readline()
        except TimeoutError:
            raise TimedOut("nothing came for too long") from None
        except ValueError:
            raise Unexpected("a line that is too long") from None
        if not line:
            raise Unexpected(f"the process of yt-dlp ended: {await child.wait()}")
        try:
            return _decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise Unexpected(f"a line that makes no sense: {error}") from error

    @asynccontextmanager
    async def _child(self, playlist_id: str) -> AsyncIterator[Process]:
        """Yield the process of yt-dlp; when the block ends, it and all it started are gone."""
        command = (sys.executable, "-m", CHILD)
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,
            limit=self._policy.line_bytes,
        )
        try:
            assert child.stdin is not None
            child.stdin.write(msgspec.json.encode(self._request(playlist_id)) + b"\n")
            yield child
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
            await child.wait()

    def _request(self, playlist_id: str) -> Request:
        policy = self._policy
        return Request(
            playlist_id=playlist_id,
            innertube_host=self._host,
            ca_file=str(self._ca_file) if self._ca_file else None,
            request_seconds=policy.request.total_seconds(),
            retries=policy.retries,
            retry_pause_seconds=policy.retry_pause.total_seconds(),
            pause_seconds=policy.pause_between_requests.total_seconds(),
            memory_bytes=policy.memory_bytes,
            page_items=policy.page_items,
            max_items=policy.max_items,
        )


def _in(wait: timedelta) -> float:
    """Return when, in the event loop's time, a wait from now ends."""
    return asyncio.get_running_loop().time() + wait.total_seconds()
