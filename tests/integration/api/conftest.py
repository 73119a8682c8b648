"""Applications to call, and people to call them as."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from api.auth.app import SERVICE as AUTH
from api.courses.app import SERVICE as COURSES
from api.factory import Service, create_app
from api.state import State
from api.videos.app import SERVICE as VIDEOS
from core.database import Sessions
from core.people import erasing
from core.roles import Role
from core.security import Hashing, Passwords, Tokens
from core.settings import Settings
from core.tables import Course, PlaylistImport, Roster, User, Video
from tests.conftest import SECRET
from tests.integration.api.routes import LOGIN, ROSTER
from tests.letters import play, put
from tests.people import add_correction

CHEAP = Hashing(memory_kib=8, passes=1)
PASSWORDS = Passwords(CHEAP)
SOON = 10
ADDRESS = "http://edutrack"


@dataclass(frozen=True)
class Api:
    """A running application and a client of it."""

    app: FastAPI
    client: httpx.AsyncClient

    @property
    def state(self) -> State:
        state: State = self.app.state.edutrack
        return state

    async def sign_up(self, username: str = "ada", **fields: Any) -> httpx.Response:
        body = {"username": username, "email": f"{username}@example.org", "password": "correct horse"}
        return await self.client.post("/auth/signup", json=body | fields)

    async def sign_in(self, username: str = "ada", password: str = "correct horse") -> httpx.Response:
        return await self.client.post("/auth/login", json={"username": username, "password": password})


@asynccontextmanager
async def serving(settings: Settings, *services: Service, **options: Any) -> AsyncIterator[Api]:
    """Run an application of some services, with passwords that cost nothing."""
    app = create_app(settings, *services, **options)
    async with app.router.lifespan_context(app):
        app.state.edutrack.passwords.close()
        app.state.edutrack.passwords = Passwords(CHEAP)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            yield Api(app, client)


@pytest.fixture(scope="module")
async def without_broker(settings: Settings, usual_policy: None) -> AsyncIterator[Api]:
    """The services that need no broker; one application for all tests of a file."""
    async with serving(settings, AUTH, COURSES, VIDEOS) as running:
        yield running


@pytest.fixture
async def api(without_broker: Api, sessions: Sessions, redis: object) -> Api:
    """The services that need no broker, on empty tables."""
    return without_broker


@pytest.fixture
async def furnished(sessions: Sessions) -> None:
    """User 1, who can sign in and of whom a day is corrected; three courses: one with a video and an import, one with nothing, one with imports that ended."""
    password_hash = await PASSWORDS.hash(LOGIN["password"])
    async with sessions.begin() as session:
        for name in ("ada", "euler"):
            await session.execute(
                insert(User).values(
                    username=name,
                    username_key=name,
                    email=f"{name}@example.org",
                    email_key=f"{name}@example.org",
                    password_hash=password_hash,
                    role=Role.STUDENT.value,
                )
            )
        for title, playlist_id in (("Optics", "PLoptics"), ("Logic", None), ("Waves", "PLwaves")):
            session.add(Course(course_title=title, playlist_id=playlist_id))
            await session.flush()
        session.add(Video(course_id=1, title="Lenses", video_link="https://example.org/lenses", position=0))
        session.add(PlaylistImport(course_id=1, requested_by=1))
        await session.flush()
        session.add(PlaylistImport(course_id=3, requested_by=1, status="failed"))
        await session.flush()
        session.add(PlaylistImport(course_id=3, requested_by=1, status="cancelled"))
        await add_correction(session, 1, date(2026, 11, 24))
        session.add(Roster(content=ROSTER.encode(), total=1, dry_run=True, status="done"))


LETTERS = ("first", "second")


@pytest.fixture
async def gateway(application: Api, sessions: Sessions, redis: object, broker: str, furnished: None) -> Api:
    """The application on furnished tables, and two dead letters."""
    for letter_id in LETTERS:
        await put(broker, [play()], letter_id)
    return application


async def until(done: Callable[[], object]) -> None:
    """Wait for what happens in the background."""
    async with asyncio.timeout(SOON):
        while not done():
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Callers:
    """Everybody who may knock, as the headers they send."""

    anonymous: dict[str, str]
    student: dict[str, str]
    admin: dict[str, str]
    disabled_admin: dict[str, str]
    demoted_admin: dict[str, str]
    vanished_admin: dict[str, str]
    erased_student: dict[str, str]
    vanished_student: dict[str, str]
    forged: dict[str, str]
    expired: dict[str, str]


AddUser = Callable[..., Awaitable[int]]


@pytest.fixture
def add_user(sessions: Sessions) -> AddUser:
    """Add a user who cannot sign in, and return the id."""

    async def add(username: str, role: Role = Role.STUDENT, **columns: Any) -> int:
        values = {
            "username": username,
            "username_key": username,
            "email": f"{username}@example.org",
            "email_key": f"{username}@example.org",
            "password_hash": "!",
            "role": role.value,
        }
        async with sessions.begin() as session:
            statement = insert(User).values(values | columns).returning(User.id)
            return (await session.execute(statement)).scalar_one()

    return add


@pytest.fixture
async def callers(add_user: AddUser, sessions: Sessions) -> Callers:
    now = datetime.now(UTC)
    tokens = Tokens(SECRET.encode())
    earlier = Tokens(SECRET.encode(), clock=lambda: now - timedelta(hours=2))
    forger = Tokens(b"another secret, with enough bytes in it")
    student = await add_user("student")
    admin = await add_user("admin", Role.ADMIN)
    disabled = await add_user("disabled", Role.ADMIN, disabled_at=now)
    demoted = await add_user("demoted", Role.STUDENT)
    erased = await add_user("erased")
    async with sessions.begin() as session:
        await erasing.erase(session, erased)
    return Callers(
        anonymous={},
        student=bearer(tokens.issue(student, "student", Role.STUDENT)),
        admin=bearer(tokens.issue(admin, "admin", Role.ADMIN)),
        disabled_admin=bearer(tokens.issue(disabled, "disabled", Role.ADMIN)),
        demoted_admin=bearer(tokens.issue(demoted, "demoted", Role.ADMIN)),
        vanished_admin=bearer(tokens.issue(999_999, "vanished", Role.ADMIN)),
        erased_student=bearer(tokens.issue(erased, "erased", Role.STUDENT)),
        vanished_student=bearer(tokens.issue(999_999, "vanished", Role.STUDENT)),
        forged=bearer(forger.issue(admin, "admin", Role.ADMIN)),
        expired=bearer(earlier.issue(admin, "admin", Role.ADMIN)),
    )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
