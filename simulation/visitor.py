"""Somebody who is signed in."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from simulation.errors import NotAccepted
from simulation.reports import body
from simulation.school import School
from simulation.scripts import Action, Delivery

MOST_ROWS = 1_000

Answers = list[dict[str, Any]]


class Visitor:
    """An account's calls. Everything raises `NotAccepted` where the stack refuses or stays away."""

    def __init__(self, school: School, username: str, password: str) -> None:
        self.username = username
        self._school = school
        self._password = password
        self._token = ""

    async def sign_up(self) -> None:
        """Create a student; one that an unanswered request created before is as good."""
        fields = {"username": self.username, "email": f"{self.username}@example.org", "role": "student"}
        await self._school.call(
            "POST",
            "/auth/signup",
            json=fields | {"password": self._password},
            also={HTTPStatus.BAD_REQUEST},
        )

    async def sign_in(self) -> None:
        fields = {"username": self.username, "password": self._password}
        answer = await self._school.call("POST", "/auth/login", json=fields)
        self._token = answer.json()["access_token"]

    async def user_id(self) -> int:
        return int((await self._call("GET", "/auth/users/me")).json()["id"])

    async def register(self, course_id: int) -> None:
        await self._call("POST", f"/courses/{course_id}/register")

    async def report(self, action: Action) -> list[UUID]:
        """Send an action once; return the ids under which its reports were accepted, in their order."""
        if action.delivery in {Delivery.BATCH, Delivery.BEACON}:
            return await self._report_batch(action)
        headers = {"Prefer": "respond-async"} if action.delivery is Delivery.ASYNC else {}
        (report,) = action.reports
        answer = await self._call("POST", "/progress", headers=headers, json=body(report))
        return [UUID(answer.json()["event_id"])]

    async def progress(self, video_id: int) -> Answers:
        """Return the visitor's records on a video."""
        return await self._list(f"/progress/video/{video_id}")

    async def attendance(self) -> Answers:
        """Return the visitor's days."""
        return await self._list("/attendance/me")

    async def roster(self, day: date) -> Answers:
        """Return everybody's day; for admins."""
        return await self._list(f"/attendance/date/{day}")

    async def _report_batch(self, action: Action) -> list[UUID]:
        events = [body(report) for report in action.reports]
        if action.delivery is Delivery.BEACON:
            answer = await self._signed_in(lambda: self._send_beacon(events))
        else:
            answer = await self._call("POST", "/progress/batch", json={"events": events})
        return _accepted_ids(answer.json()["results"])

    async def _send_beacon(self, events: list[dict[str, Any]]) -> httpx.Response:
        return await self._school.call(
            "POST",
            "/progress/batch",
            headers={"Content-Type": "text/plain;charset=UTF-8"},
            also={HTTPStatus.UNAUTHORIZED},
            content=json.dumps({"token": self._token, "events": events}),
        )

    async def _list(self, path: str) -> Answers:
        """Return all pages of a list."""
        rows: Answers = []
        following: str | None = f"{path}?limit={MOST_ROWS}"
        while following is not None:
            answer = await self._call("GET", following)
            rows += answer.json()
            following = answer.links.get("next", {}).get("url")
        return rows

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self._signed_in(
            lambda: self._school.call(
                method, path, token=self._token, also={HTTPStatus.UNAUTHORIZED}, **options
            )
        )

    async def _signed_in(self, call: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Call; where the token has expired, sign in and call again."""
        answer = await call()
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            await self.sign_in()
            answer = await call()
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise NotAccepted(f"a fresh token of {self.username} is refused")
        return answer


def _accepted_ids(results: Sequence[dict[str, Any]]) -> list[UUID]:
    rejected = next((result for result in results if result["status"] != "accepted"), None)
    if rejected is not None:
        raise NotAccepted(f"an event of a batch was rejected: {rejected['detail']}")
    return [UUID(result["event_id"]) for result in results]
