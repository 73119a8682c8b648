"""A real stack in pieces that can be hurt one by one: servers behind wires, a gateway, workers."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import psutil
from pydantic import SecretStr

from core.database import make_engine, make_sessions
from core.settings import Settings
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from stack import servers as private
from stack.account import server_account
from stack.files import read_json
from stack.home import find_home, load_secrets
from stack.rabbitmq import RabbitMQ
from stack.servers import Servers
from stack.supervisor import Control, Process
from stack.waiting import poll
from tests.chaos.keeper import Keeper
from tests.chaos.load import VIDEOS, Student
from tests.chaos.network import Wire
from tests.chaos.worker import VARIABLE, Failpoint
from tests.conftest import empty, make_settings
from tests.e2e.processes import Processes, processes
from tests.people import add_videos

READY_SECONDS = 60
SERVERS = ("postgres", "rabbitmq", "redis")


@dataclass
class Stage:
    """What faults act on."""

    servers: Servers
    settings: Settings
    """With the servers' own addresses, for the harness; our processes go through the wires."""
    wires: Mapping[str, Wire]
    processes: Processes
    keeper: Keeper
    failpoints: Path

    @property
    def database_url(self) -> str:
        return self.settings.database_url.get_secret_value().replace("+asyncpg", "")

    @property
    def amqp_url(self) -> str:
        return self.settings.amqp_url.get_secret_value()

    @property
    def broker(self) -> RabbitMQ:
        """The node, for what only its own tools can do."""
        home = replace(find_home(self.servers.home), account=server_account())
        return private._rabbitmq(home, load_secrets(home), read_json(home.ports_file))

    def hold(self, server: str) -> None:
        """Stop a server and keep it away."""
        self._control.stop(self._supervised(server))

    def release(self, server: str) -> None:
        """Start a server again and wait until it answers."""
        self._control.start(self._supervised(server))
        self.wait_for_server(server)

    def signal_server(self, server: str, number: signal.Signals) -> None:
        """Send a signal to a server itself; what dies of it is started by its supervisor."""
        pid = self._supervised(server).pid
        assert pid, f"{server} does not run"
        for child in psutil.Process(pid).children(recursive=True):
            if child.name() == "beam.smp":
                pid = child.pid
        os.kill(pid, number)

    def wait_for_server(self, server: str) -> None:
        """Wait until a server answers."""
        answering: dict[str, Callable[[], bool]] = {
            "postgres": lambda: self._answers(self._ask_database("SELECT 1")),
            "rabbitmq": lambda: self._answers(self._ask_broker()),
            "redis": lambda: self._supervised("redis").state == "RUNNING",
        }
        assert poll(answering[server], seconds=READY_SECONDS), f"{server} did not come back"

    def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the database directly."""
        return asyncio.run(self._ask_database(statement, *arguments))

    def depths(self) -> dict[str, tuple[int, int]]:
        """Return messages that are ready, and consumers, of each queue on the events' way."""
        return asyncio.run(self._ask_broker())

    def arm(self, point: Failpoint) -> None:
        """Let workers die at a failpoint from now on."""
        (self.failpoints / point).touch()

    def disarm(self, point: Failpoint) -> None:
        (self.failpoints / point).unlink()

    def sign_in(self, prefix: str, how_many: int) -> list[Student]:
        """Sign up students and sign them in."""
        clients = [self.processes.sign_in(f"{prefix}-{n}") for n in range(how_many)]
        return [Student(client.get("/auth/users/me").json()["id"], client) for client in clients]

    @property
    def _control(self) -> Control:
        return Control(find_home(self.servers.home))

    def _supervised(self, name: str) -> Process:
        return next(it for it in self._control.processes() if it.name == name)

    def _answers(self, asking: Any) -> bool:
        try:
            asyncio.run(asking)
        except (OSError, asyncpg.PostgresError, aio_pika.exceptions.AMQPError):
            return False
        return True

    async def _ask_database(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url, timeout=5)
        try:
            found: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            return found
        finally:
            await connection.close(timeout=5)

    async def _ask_broker(self) -> dict[str, tuple[int, int]]:
        found = {}
        async with asyncio.timeout(5), await aio_pika.connect(self.amqp_url) as connection:
            for queue in (PROGRESS, PROGRESS_DEAD_LETTERS):
                channel = await connection.channel()
                declared = (await channel.declare_queue(queue.name, passive=True)).declaration_result
                found[queue.name] = (declared.message_count or 0, declared.consumer_count or 0)
        return found


@contextmanager
def stage_in(root: Path, logs: Path) -> Iterator[Stage]:
    """Run everything on servers of its own for as long as the block lasts; `logs` stay."""
    with ExitStack() as stack:
        servers = stack.enter_context(private.running(root / "servers"))
        (home := root / "home").mkdir()
        (failpoints := root / "failpoints").mkdir()
        settings = make_settings(servers, "chaos", home, 0)
        asyncio.run(_prepare(settings))
        wires = _wires(settings)
        for wire in wires.values():
            wire.mend()
            stack.callback(wire.cut)
        started = stack.enter_context(
            processes(_behind(wires, settings), logs, **{VARIABLE: str(failpoints)})
        )
        keeper = Keeper(started)
        keeper.start()
        stack.callback(keeper.stop)
        started.wait_until_healthy()
        yield Stage(servers, settings, wires, started, keeper, failpoints)


def _urls(settings: Settings) -> dict[str, SecretStr]:
    return {
        "postgres": settings.database_url,
        "rabbitmq": settings.amqp_url,
        "redis": settings.redis_url,
    }


def _wires(settings: Settings) -> dict[str, Wire]:
    return {name: Wire.to(url.get_secret_value()) for name, url in _urls(settings).items()}  # type: ignore[misc]


def _behind(wires: Mapping[str, Wire], settings: Settings) -> Settings:
    fields: Sequence[str] = ("database_url", "amqp_url", "redis_url")
    through = {
        field: SecretStr(wires[name].url(url.get_secret_value()))
        for field, (name, url) in zip(fields, _urls(settings).items(), strict=True)
    }
    return settings.model_copy(update=through)


async def _prepare(settings: Settings) -> None:
    engine = make_engine(settings)
    sessions = make_sessions(engine)
    await empty(sessions)
    async with sessions.begin() as session:
        await add_videos(session, VIDEOS)
    await engine.dispose()
