"""Our own processes, started and killed for real, on the tests' servers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from core.roles import Role
from core.settings import Settings
from stack.ports import pick_port
from tests.conftest import SECRET

START_SECONDS = 60
STOP_SECONDS = 15
COMMAND = Path(sys.executable).with_name("edutrack")
PASSWORD = "correct horse battery staple"


@dataclass
class Processes:
    """A gateway and a progress worker; `env` is what every `edutrack` command here needs."""

    url: str
    env: Mapping[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([COMMAND, *command], env=self.env, stdout=log, stderr=log)
        self.running[name] = process
        return process

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait; return the exit code."""
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(STOP_SECONDS)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *command], env=self.env, capture_output=True, text=True, check=False, timeout=60
        )

    def log_of(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text()

    def wait_until_healthy(self, path: str = "/health") -> None:
        self.wait_for(lambda: httpx.get(self.url + path).status_code == httpx.codes.OK)

    def wait_until_listening(self) -> None:
        self.wait_for(lambda: bool(httpx.get(f"{self.url}/openapi.json")))

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Wait until it is true; that nobody listens yet counts as false."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if done():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"it did not happen: {[self.log_of(name) for name in self.running]}")

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(STOP_SECONDS)
        self.running.clear()

    def sign_in(self, username: str, role: Role = Role.STUDENT) -> httpx.Client:
        """Sign somebody up and in, and return a client that carries the token."""
        client = httpx.Client(base_url=self.url, timeout=10)
        account = {"username": username, "password": PASSWORD}
        signed_up = client.post(
            "/auth/signup", json={**account, "email": f"{username}@example.org", "role": role}
        )
        signed_up.raise_for_status()
        token = client.post("/auth/login", json=account).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        return client


@contextmanager
def processes(settings: Settings, logs: Path, **extra: str) -> Iterator[Processes]:
    """Return what starts processes with these settings; whatever it started is stopped in the end."""
    port = free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith("EDUTRACK_")}
    env |= {
        "EDUTRACK_ENV": "development",
        "EDUTRACK_HOME": str(settings.home),
        "EDUTRACK_SECRET_KEY": SECRET,
        "EDUTRACK_DATABASE_URL": settings.database_url.get_secret_value().replace("+asyncpg", ""),
        "EDUTRACK_AMQP_URL": settings.amqp_url.get_secret_value(),
        "EDUTRACK_REDIS_URL": settings.redis_url.get_secret_value(),
        "EDUTRACK_RABBITMQ_METRICS_URLS": ",".join(settings.rabbitmq_metrics_urls),
        "EDUTRACK_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    started = Processes(f"http://127.0.0.1:{port}", env | extra, logs)
    try:
        yield started
    finally:
        started.stop()


def free_port() -> int:
    """Return a port that nobody is given by chance: a client that retries could be, and keep it."""
    return pick_port(taken=set())
