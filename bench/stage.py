"""Real servers and real processes: what `make up` runs, on servers of the benchmark's own."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import psutil

from bench import database
from bench.broker import purge
from bench.load import Students
from bench.usage import Parts
from core.clock import utc_now
from core.roles import Role
from core.security import Tokens
from core.settings import Settings
from migrations.run import upgrade
from stack import servers as private
from stack.environment import process_environment, write_settings
from stack.home import find_home
from stack.programs import edutrack
from stack.servers import Servers
from stack.supervisor import Control

START_SECONDS = 120
STOP_SECONDS = 30
TOKEN_MINUTES = 24 * 60
VIDEOS = 50
ERLANG = "beam.smp"
SENT_DAYS_AGO = 6
"""The students' time begins as long ago as events may be late, so that it can run faster than ours."""


@dataclass(frozen=True)
class Site:
    """A school in a database and a vhost of its own, and how processes are told of them."""

    settings: Settings
    environment: Mapping[str, str]
    logs: Path
    students: Students
    admin: int

    @property
    def database_url(self) -> str:
        """As asyncpg takes it."""
        return self.settings.database_url.get_secret_value().replace("+asyncpg", "")

    def token(self, user: int) -> str:
        """Return an access token of the admin or of a student."""
        role = Role.ADMIN if user == self.admin else Role.STUDENT
        return Tokens.from_settings(self.settings).issue(user, f"user-{user}", role)

    def purge(self) -> None:
        """Throw away what waits in the queue."""
        purge(self.settings.amqp_url.get_secret_value())


@dataclass(frozen=True)
class Served:
    """Processes behind one listening socket."""

    url: str
    pids: Sequence[int]


@dataclass(frozen=True)
class Stage:
    """Servers, and sites on them."""

    servers: Servers
    folder: Path
    logs: Path

    def site(self, name: str, *, students: int = 4_100, senders: Sequence[int] = range(1, 4_001)) -> Site:
        """Make a school; `senders` are the students whose events a load consists of."""
        home = self.folder / name
        home.mkdir()
        settings = Settings(
            home=home,
            env="development",
            secret_key=token_hex(32),
            token_minutes=TOKEN_MINUTES,
            database_url=database.create(self.servers.postgres_url, name),
            amqp_url=self.servers.add_vhost(name),
            redis_url=self.servers.redis_url,
            rabbitmq_metrics_urls=[self.servers.rabbitmq_metrics_url],
        )
        upgrade(settings)
        admin = database.seed(settings, students, VIDEOS)
        write_settings(find_home(home), _variables(settings), {})
        environment = process_environment(find_home(self.servers.home)) | {"EDUTRACK_HOME": str(home)}
        at = utc_now().replace(microsecond=0) - timedelta(days=SENT_DAYS_AGO)
        site = Site(settings, environment, self.logs, Students(home / "tokens", senders, VIDEOS, at), admin)
        site.students.tokens.write_text("".join(f"{site.token(student)}\n" for student in senders))
        return site

    @property
    def parts(self) -> Parts:
        """The servers' processes."""
        pids = {process.name: process.pid for process in Control(find_home(self.servers.home)).processes()}
        names = {"broker": "rabbitmq", "PostgreSQL": "postgres", "Redis": "redis"}
        return {part: [_server_itself(pids[name] or 0)] for part, name in names.items()}


@contextmanager
def stage_in(folder: Path, logs: Path) -> Iterator[Stage]:
    """Run servers for as long as the block lasts; their data goes with them, logs stay."""
    logs.mkdir(parents=True, exist_ok=True)
    (folder / "sites").mkdir()
    with private.running(folder / "servers") as servers:
        try:
            yield Stage(servers, folder / "sites", logs)
        finally:
            for log in (servers.home / "logs").glob("*.log"):
                shutil.copyfile(log, logs / f"server-{log.name}")


@contextmanager
def gateway(site: Site, processes: int = 1) -> Iterator[Served]:
    """Run the API as `make up` does."""
    with serving(site, "api", edutrack("api", "--fd", "0"), processes) as served:
        yield served


@contextmanager
def baseline(site: Site, name: str, processes: int = 1) -> Iterator[Served]:
    """Run one of `bench.baselines` in the gateway's place."""
    command = (sys.executable, "-m", "bench.baselines.serve", name)
    with serving(site, name, command, processes) as served:
        yield served


@contextmanager
def serving(site: Site, name: str, command: Sequence[str], processes: int) -> Iterator[Served]:
    """Run processes that share a listening socket, their descriptor 0, as long as the block lasts."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2048))
        pids = [
            stack.enter_context(running(site, f"{name}-{number}", command, listening))
            for number in range(processes)
        ]
        host, port = listening.getsockname()
        _wait_until_it_answers(host, port)
        yield Served(f"http://{host}:{port}", pids)


@contextmanager
def running(
    site: Site, name: str, command: Sequence[str], listening: socket.socket | None = None
) -> Iterator[int]:
    """Run a process as long as the block lasts, its output in a log; return its id."""
    with (site.logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=dict(site.environment),
            stdin=listening.fileno() if listening else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def worker() -> Sequence[str]:
    """Return the command of a progress worker."""
    return edutrack("worker", "progress")


def _wait_until_it_answers(host: str, port: int) -> None:
    """Wait for a first answer, whatever it says: the socket listens long before anybody reads from it."""
    deadline = time.monotonic() + START_SECONDS
    with socket.create_connection((host, port), timeout=START_SECONDS) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        connection.settimeout(max(1, deadline - time.monotonic()))
        if not connection.recv(1):
            raise RuntimeError("it hung up instead of answering; see its log")


def _server_itself(pid: int) -> int:
    """Return the Erlang machine where a start script stays its parent, else the process itself."""
    process = psutil.Process(pid)
    if process.name() == ERLANG:  # whose own children bear that name too, for a moment
        return pid
    return next((child.pid for child in process.children() if child.name() == ERLANG), pid)


def _variables(settings: Settings) -> dict[str, str]:
    return {
        "ENV": settings.env,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "TOKEN_MINUTES": str(settings.token_minutes),
        "DATABASE_URL": settings.database_url.get_secret_value().replace("+asyncpg", ""),
        "AMQP_URL": settings.amqp_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "RABBITMQ_METRICS_URLS": ",".join(settings.rabbitmq_metrics_urls),
        "METRICS_PORT": "0",
        "API_PROCESSES": "1",
    }
