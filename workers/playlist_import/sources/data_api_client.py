"""Requests to YouTube's Data API v3: bounded in time and size, to one address, the key in a header alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from pydantic import SecretStr

from workers.playlist_import.sources.data_api_answers import Wire, failure_of
from workers.playlist_import.sources.failures import (
    BadKey,
    PlaylistFailure,
    TimedOut,
    Unavailable,
    Unexpected,
)

Answer = TypeVar("Answer", bound=Wire)


@dataclass(frozen=True, slots=True)
class DataApiPolicy:
    """What one request may take."""

    request: timedelta = timedelta(seconds=15)
    tries: int = 3
    pause: timedelta = timedelta(seconds=1)
    """Before the second try; twice as long before each further one."""
    answer_bytes: int = 4 * 1024**2
    page_items: int = 50
    """The most the API gives at once."""
    max_items: int = 20_000


DATA_API_POLICY = DataApiPolicy()

_KEY = re.compile(r"[!-~]+")


class DataApiClient:
    """One connection's worth of requests."""

    def __init__(self, http: httpx.AsyncClient, policy: DataApiPolicy) -> None:
        self._http = http
        self._policy = policy

    async def get(self, resource: str, answer: type[Answer], **query: str | int) -> Answer:
        """Return an answer; what may be a moment's trouble is tried again at once.

        Raises:
            PlaylistFailure: there is none.

        """
        for attempt in range(1, self._policy.tries + 1):
            try:
                body = await self._read(resource, query)
            except (TimedOut, Unavailable):
                if attempt == self._policy.tries:
                    raise
                await asyncio.sleep(self._policy.pause.total_seconds() * 2 ** (attempt - 1))
            else:
                break
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.MsgspecError as error:
            raise Unexpected(f"{resource}: {error}") from error

    async def _read(self, resource: str, query: dict[str, str | int]) -> bytes:
        try:
            async with asyncio.timeout(self._policy.request.total_seconds()):
                return await self._exchange(resource, query)
        except PlaylistFailure:
            raise
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TimedOut(f"{resource}: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            # What else these say may quote the headers, with the key among them.
            said = str(error) if isinstance(error, httpx.NetworkError) else ""
            raise Unavailable(f"{resource}: {type(error).__name__} {said}") from None

    async def _exchange(self, resource: str, query: dict[str, str | int]) -> bytes:
        body = bytearray()
        async with self._http.stream("GET", resource, params=query) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._policy.answer_bytes:
                    raise Unexpected(f"{resource}: an answer that is too large")
        if response.status_code != HTTPStatus.OK:
            raise failure_of(response.status_code, bytes(body))
        return bytes(body)


@asynccontextmanager
async def connected(
    url: str, key: SecretStr, ca_file: Path | None, policy: DataApiPolicy
) -> AsyncIterator[DataApiClient]:
    """Yield a client of the API at a base URL.

    Raises:
        BadKey: no key can look like that.

    """
    if not _KEY.fullmatch(key.get_secret_value()):
        raise BadKey("not a key")
    context = httpx.create_ssl_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    headers = {"X-Goog-Api-Key": key.get_secret_value(), "Accept": "application/json"}
    async with httpx.AsyncClient(
        base_url=url.rstrip("/") + "/",
        headers=headers,
        verify=context,
        timeout=policy.request.total_seconds(),
        follow_redirects=False,
    ) as http:
        yield DataApiClient(http, policy)
