"""Whom yt-dlp may talk to; nothing here is ever sent."""

import pytest
from yt_dlp import YoutubeDL
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import UnsupportedRequest
from yt_dlp.utils.networking import HTTPHeaderDict

from workers.playlist_import.sources.yt_dlp_network import LedAway, OneHostRH, narrow

OURS = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (None, "https://example.org/youtubei/v1/browse"),
        (None, "https://www.youtube.com.example.org/"),
        (None, "https://www.youtube.com@example.org/"),
        (None, "https://www.youtube.com:8443/"),
        (None, f"https://{OURS}/"),
        (OURS, "https://www.youtube.com/youtubei/v1/browse"),
        (OURS, "https://127.0.0.1:2/"),
    ],
)
def test_no_other_host_is_asked(host: str | None, url: str) -> None:
    with YoutubeDL({"quiet": True}, auto_init=False) as ydl:
        narrow(ydl, host, None)
        with pytest.raises(LedAway):
            ydl.urlopen(url)


@pytest.mark.parametrize("url", [f"http://{OURS}/", f"ftp://{OURS}/", "file:///etc/passwd", "data:,x"])
def test_nothing_but_https_is_spoken(url: str) -> None:
    handler = OneHostRH(logger=None, headers=HTTPHeaderDict())
    with pytest.raises(UnsupportedRequest):
        handler.validate(Request(url))
