"""A source read to its end, or as far as it goes; with policies that do not wait."""

from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta

from workers.playlist_import.sources.data_api_client import DataApiPolicy
from workers.playlist_import.sources.failures import PlaylistFailure
from workers.playlist_import.sources.source import Item, Page, PlaylistSource
from workers.playlist_import.sources.yt_dlp_source import YtDlpPolicy

AT_ONCE = timedelta(0)
HASTY_YT_DLP = YtDlpPolicy(
    request=timedelta(seconds=2),
    retries=1,
    retry_pause=AT_ONCE,
    pause_between_requests=AT_ONCE,
    silence=timedelta(seconds=15),
    memory_bytes=256 * 1024**2,
)
HASTY_DATA_API = DataApiPolicy(request=timedelta(seconds=1), tries=2, pause=AT_ONCE)


@dataclass
class Outcome:
    """What came of it."""

    pages: list[Page] = field(default_factory=list)
    failure: PlaylistFailure | None = None

    @property
    def items(self) -> list[Item]:
        return [item for page in self.pages for item in page.items]

    @property
    def code(self) -> str | None:
        return self.failure.code if self.failure else None


async def outcome_of(source: PlaylistSource, playlist_id: str, cursor: str | None = None) -> Outcome:
    outcome = Outcome()
    try:
        async with aclosing(source.pages(playlist_id, cursor)) as pages:
            async for page in pages:
                outcome.pages.append(page)
    except PlaylistFailure as failure:
        outcome.failure = failure
    return outcome
