from typing import Any

import pytest

from core.settings import Settings, SettingsError, load_settings
from workers.playlist_import.sources.choose import choose_source
from workers.playlist_import.sources.data_api_source import DataApiSource
from workers.playlist_import.sources.yt_dlp_source import YtDlpSource

URLS: dict[str, Any] = {
    "database_url": "postgresql://nowhere/x",
    "amqp_url": "amqp://nowhere",
    "redis_url": "redis://nowhere",
}


def settings(**given: Any) -> Settings:
    return Settings(env="development", **URLS, **given)


def test_yt_dlp_needs_no_key() -> None:
    assert isinstance(choose_source(settings()), YtDlpSource)
    assert isinstance(choose_source(settings(youtube_api_key="")), YtDlpSource)


def test_a_key_means_the_data_api() -> None:
    assert isinstance(choose_source(settings(youtube_api_key="AIza")), DataApiSource)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INNERTUBE_HOST", "https://127.0.0.1:8443"),
        ("INNERTUBE_HOST", "user@127.0.0.1"),
        ("INNERTUBE_HOST", "127.0.0.1:8443/path"),
        ("API_URL", "ftp://127.0.0.1/youtube/v3"),
        ("API_URL", "127.0.0.1:8443"),
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, url in URLS.items():
        monkeypatch.setenv(f"EDUTRACK_{key.upper()}", url)
    monkeypatch.setenv("EDUTRACK_ENV", "development")
    monkeypatch.setenv(f"EDUTRACK_YOUTUBE_{name}", value)
    with pytest.raises(SettingsError, match=f"EDUTRACK_YOUTUBE_{name}"):
        load_settings()
