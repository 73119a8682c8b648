"""Which source an installation has."""

from core.settings import Settings
from workers.playlist_import.sources.data_api_source import DataApiSource
from workers.playlist_import.sources.source import PlaylistSource
from workers.playlist_import.sources.yt_dlp_source import YtDlpSource


def choose_source(settings: Settings) -> PlaylistSource:
    """Return the Data API where there is a key for it, which is exact and resumable; else yt-dlp."""
    if settings.youtube_api_key is not None:
        return DataApiSource(settings.youtube_api_url, settings.youtube_api_key, settings.youtube_ca_file)
    return YtDlpSource(settings.youtube_innertube_host, settings.youtube_ca_file)
