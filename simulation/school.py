"""The stack as its clients see it: HTTP, and nothing else."""

import asyncio
import ssl
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any, Self

import httpx

from simulation.errors import NotAccepted, SimulationStopped
from simulation.scripts import Course

_LATER = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


@dataclass(frozen=True, slots=True)
class Insistence:
    """How long a request is waited for, how often it is repeated, and how many are under way at once."""

    answer: timedelta = timedelta(seconds=15)
    attempts: int = 40
    pause: timedelta = timedelta(seconds=1)
    connections: int = 6
    """What browsers allow themselves."""


INSISTENCE = Insistence()


@dataclass(slots=True)
class Tally:
    """What was answered, by status, and how many requests had to be sent again."""

    answers: Counter[int] = field(default_factory=Counter)
    repeated: int = 0


class School:
    """The API as one client sees it, over connections of its own; `async with` closes them.

    Calls are repeated while the stack is away or busy.
    """

    def __init__(self, url: str, tally: Tally, insistence: Insistence = INSISTENCE) -> None:
        self._tally = tally
        self._insistence = insistence
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=insistence.answer.total_seconds(),
            limits=httpx.Limits(max_connections=insistence.connections),
            verify=_tls(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def courses(self) -> list[Course]:
        """Return every course that has videos.

        Raises:
            SimulationStopped: there is none.

        """
        found = []
        for course in (await self.call("GET", "/courses")).json():
            videos = (await self.call("GET", f"/videos/course/{course['id']}")).json()
            if videos:
                found.append(Course(course["id"], tuple(video["id"] for video in videos)))
        if not found:
            raise SimulationStopped("no course has a video: load some with `edutrack seed --demo`")
        return found

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        also: Collection[HTTPStatus] = (),
        **content: Any,
    ) -> httpx.Response:
        """Send a request until it is answered by something else than "later"; return the answer.

        Raises:
            NotAccepted: it is neither a success nor one of those `also` welcome.

        """
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        why = "no attempt"
        for _ in range(self._insistence.attempts):
            try:
                answer = await self._client.request(method, path, headers=sent, **content)
            except httpx.TransportError as error:
                why, wait = type(error).__name__, self._insistence.pause.total_seconds()
            else:
                self._tally.answers[answer.status_code] += 1
                if answer.status_code not in _LATER:
                    return _accepted(answer, method, path, also)
                why, wait = str(answer.status_code), float(answer.headers.get("Retry-After", 1))
            self._tally.repeated += 1
            await asyncio.sleep(wait)
        raise NotAccepted(f"{method} {path} was tried {self._insistence.attempts} times, at last: {why}")


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than a hundred requests: once is enough for everybody."""
    if find_spec("sniffio") is None:
        # httpcore looks for this package several times a request, and Python on the disk while it is absent.
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    return httpx.create_ssl_context()


def _accepted(answer: httpx.Response, method: str, path: str, also: Collection[HTTPStatus]) -> httpx.Response:
    if answer.is_success or answer.status_code in also:
        return answer
    detail = answer.json().get("detail") if "json" in answer.headers.get("Content-Type", "") else None
    raise NotAccepted(f"{method} {path} was answered {answer.status_code}: {detail or 'without a reason'}")
