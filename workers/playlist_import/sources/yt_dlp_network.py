"""yt-dlp's way to the network, narrowed: HTTPS, one host, no redirects, and a certificate more to trust.

Imports yt-dlp, so only its own process imports this.
"""

from ssl import SSLContext
from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import BaseHandler, OpenerDirector

from yt_dlp import YoutubeDL
from yt_dlp.networking._urllib import UrllibRH
from yt_dlp.networking.exceptions import RequestError

YOUTUBE = "www.youtube.com"


class LedAway(RequestError):  # type: ignore[misc] # yt-dlp is untyped
    """A request to another host, or an answer that leads elsewhere; yt-dlp does not retry these."""


class _NoRedirects(BaseHandler):
    handler_order = 100  # before yt-dlp's own, which follows them

    def http_error_302(self, _request: Any, _response: Any, code: int, _message: str, headers: Any) -> None:
        raise LedAway(f"led away with {code} to {headers.get('Location')}")

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class OneHostRH(UrllibRH):  # type: ignore[misc] # yt-dlp is untyped
    _SUPPORTED_URL_SCHEMES = ("https",)

    host: ClassVar[str] = YOUTUBE
    ca_file: ClassVar[str | None] = None

    def _create_instance(self, **options: Any) -> OpenerDirector:
        opener: OpenerDirector = super()._create_instance(**options)
        opener.add_handler(_NoRedirects())
        return opener

    def _make_sslcontext(self, **options: Any) -> SSLContext:
        context: SSLContext = super()._make_sslcontext(**options)
        if self.ca_file is not None:
            context.load_verify_locations(cafile=self.ca_file)
        return context

    def _send(self, request: Any) -> Any:
        if urlsplit(request.url).netloc != self.host:
            raise LedAway(f"led away to {request.url}")
        return super()._send(request)


def narrow(ydl: YoutubeDL, host: str | None, ca_file: str | None) -> None:
    """Let every request of yt-dlp go through here."""
    handler = type("OneHostRH", (OneHostRH,), {"host": host or YOUTUBE, "ca_file": ca_file})
    ydl._request_director = ydl.build_request_director([handler])  # noqa: SLF001 # how its own tests do it
