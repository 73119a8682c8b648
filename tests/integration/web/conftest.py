"""Pages as a browser without scripts sees them, and people to open them as."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from core.database import Sessions
from core.roles import Role
from core.tables import User
from tests.integration.api.conftest import ADDRESS, PASSWORDS, Api

PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """Keeps cookies, and sends forms as they were shown."""

    client: httpx.AsyncClient
    shown: str = ""

    async def open(self, path: str, **options: Any) -> httpx.Response:
        answer = await self.client.get(path, **options)
        self.shown = answer.text
        return answer

    async def send(
        self, path: str, origin: str | None = ADDRESS, referer: str = "", **fields: str
    ) -> httpx.Response:
        """Send a form with the token of the page that was shown last; `referer` is that page, where it matters."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.shown)
        headers = {} if origin is None else {"Origin": origin}
        if referer:
            headers["Referer"] = f"{ADDRESS}{referer}" if referer.startswith("/") else referer
        data = {"form_token": found[1] if found else ""} | fields
        answer = await self.client.post(path, data=data, headers=headers)
        if answer.text:
            self.shown = answer.text
        return answer

    async def sign_in(self, username: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        await self.open("/sign-in")
        return await self.send("/sign-in", username=username, password=password, **fields)


@pytest.fixture
async def gateway(application: Api, sessions: Sessions, redis: object, broker: str) -> Api:
    """The application on empty tables and queues."""
    return application


@pytest.fixture
async def people(sessions: Sessions) -> dict[str, int]:
    """The ids of ada, a student, and grace, an admin, who can sign in."""
    password_hash = await PASSWORDS.hash(PASSWORD)
    async with sessions.begin() as session:
        ids = {}
        for name, role in (("ada", Role.STUDENT), ("grace", Role.ADMIN)):
            values = {
                "username": name,
                "username_key": name,
                "email": f"{name}@example.org",
                "email_key": f"{name}@example.org",
                "password_hash": password_hash,
                "role": role.value,
            }
            ids[name] = (await session.execute(insert(User).values(values).returning(User.id))).scalar_one()
    return ids


@pytest.fixture
async def browser(gateway: Api) -> AsyncIterator[Browser]:
    """A browser nobody has signed in with."""
    async with _client(gateway) as client:
        yield Browser(client)


@pytest.fixture
async def ada(gateway: Api, people: dict[str, int]) -> AsyncIterator[Browser]:
    """A browser in which a student is signed in."""
    async with _client(gateway) as client:
        browser = Browser(client)
        await browser.sign_in("ada")
        yield browser


@pytest.fixture
async def grace(gateway: Api, people: dict[str, int]) -> AsyncIterator[Browser]:
    """A browser in which an admin is signed in."""
    async with _client(gateway) as client:
        browser = Browser(client)
        await browser.sign_in("grace")
        yield browser


def _client(gateway: Api) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(gateway.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS)
