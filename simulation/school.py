"""The stack as its clients see it: HTTP, and nothing else."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

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
    connections: int = 100


INSISTENCE = Insistence()


class School:
    """The API without anybody signed in. Calls are repeated while the stack is away or busy."""

    def __init__(self, url: str, insistence: Insistence = INSISTENCE) -> None:
        self._insistence = insistence
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=insistence.answer.total_seconds(),
            limits=httpx.Limits(max_connections=insistence.connections),
        )
        self.answers: dict[int, int] = {}
        """How many requests were answered, by status."""
        self.repeated = 0
        """How many had to be sent again."""

    async def close(self) -> None:
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
                self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
                if answer.status_code not in _LATER:
                    return _accepted(answer, method, path, also)
                why, wait = str(answer.status_code), float(answer.headers.get("Retry-After", 1))
            self.repeated += 1
            await asyncio.sleep(wait)
        raise NotAccepted(f"{method} {path} was tried {self._insistence.attempts} times, at last: {why}")


def _accepted(answer: httpx.Response, method: str, path: str, also: Collection[HTTPStatus]) -> httpx.Response:
    if answer.is_success or answer.status_code in also:
        return answer
    detail = answer.json().get("detail") if "json" in answer.headers.get("Content-Type", "") else None
    raise NotAccepted(f"{method} {path} was answered {answer.status_code}: {detail or 'without a reason'}")
