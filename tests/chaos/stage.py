"""A real stack in pieces that can be hurt one by one: servers behind wires, a gateway, workers."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import httpx
import psutil
from pydantic import SecretStr

from core.database import make_engine, make_sessions
from core.settings import Settings
from events.topology import PROGRESS, PROGRESS_DEAD_LETTERS
from stack import servers as private
from stack.account import server_account
from stack.files import read_json
from stack.home import Home, find_home, load_secrets
from stack.postgres import Postgres
from stack.rabbitmq import RabbitMQ
from stack.servers import Servers
from stack.supervisor import Control, Process
from stack.waiting import poll
from tests.chaos.cluster import Node, two_more
from tests.chaos.keeper import Keeper
from tests.chaos.load import VIDEOS, Student
from tests.chaos.network import Wire
from tests.chaos.standby import Standby, following
from tests.chaos.worker import VARIABLE, Failpoint
from tests.conftest import empty, make_settings
from tests.e2e.processes import Processes, processes
from tests.people import add_videos

READY_SECONDS = 60
READ_ONLY_SECONDS = 2
CALM_ANSWERS = 12
SERVERS = ("postgres", "rabbitmq", "redis")
UNACKNOWLEDGED = """
    {{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>)),
    {{ok, {{_, Messages}}, _}} = ra:local_query(amqqueue:get_pid(Q), fun rabbit_fifo:query_messages_total/1),
    Messages.
"""


class Layout(StrEnum):
    """Which servers a stage has."""

    SINGLE = "one of each server"
    STANDBY = "PostgreSQL with a synchronous standby"
    CLUSTER = "three RabbitMQ nodes"


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
    standby: Standby | None = None
    nodes: Sequence[Node] = ()
    """The second and the third broker."""
    hurt: set[str] = field(default_factory=set)
    """Servers that were signalled or stopped: that these have other process ids now is no wonder."""
    _students: list[Student] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        return self.settings.database_url.get_secret_value().replace("+asyncpg", "")

    @property
    def amqp_url(self) -> str:
        return self.settings.amqp_url.get_secret_value()

    @property
    def broker(self) -> RabbitMQ:
        """The node, for what only its own tools can do."""
        return _broker_of(self.servers)

    @property
    def vhost(self) -> str:
        return self.amqp_url.rpartition("/")[2]

    def hold(self, server: str) -> None:
        """Stop a server and keep it away."""
        self.hurt.add(server)
        self._control.stop(self._supervised(server))

    def release(self, server: str) -> None:
        """Start a server again and wait until it answers."""
        self._control.start(self._supervised(server))
        self.wait_for_server(server)

    def signal_server(self, server: str, number: signal.Signals) -> None:
        """Send a signal to a server itself; what dies of it is started by its supervisor."""
        self.hurt.add(server)
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

    def pids(self) -> dict[str, int | None]:
        """Return each server's process."""
        return {process.name: process.pid for process in self._control.processes()}

    def fail_over(self) -> None:
        """End the primary for good; clients find the standby, which is promoted a little later."""
        assert self.standby, "there is none"
        wire = self.wires["postgres"]
        self.signal_server("postgres", signal.SIGKILL)
        wire.cut()
        wire.lead_to(self.standby.port)
        wire.mend()
        time.sleep(READ_ONLY_SECONDS)
        self.standby.promote()
        self.hold("postgres")  # its supervisor may have started it again; nothing leads there any more
        url = self.standby.url(self.database_url.rpartition("/")[2]).replace("://", "+asyncpg://")
        self.settings = self.settings.model_copy(update={"database_url": SecretStr(url)})

    def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask the database directly."""
        return asyncio.run(self._ask_database(statement, *arguments))

    def depths(self) -> dict[str, tuple[int, int]]:
        """Return messages that are ready, and consumers, of each queue on the events' way."""
        return asyncio.run(self._ask_broker())

    def logged(self) -> set[UUID]:
        """Return the events that are applied."""
        return {row["event_id"] for row in self.query("SELECT event_id FROM progress_events")}

    def waiting(self) -> int:
        """Return how many events the outbox holds."""
        return int(self.query("SELECT coalesce(sum(events), 0) AS n FROM outbox")[0]["n"])

    def messages(self) -> int:
        """Return how many messages the queue of events holds, those included that a worker holds."""
        return int(self.broker.evaluate(UNACKNOWLEDGED.format(vhost=self.vhost, queue=PROGRESS.name)))

    def arm(self, point: Failpoint) -> None:
        """Let workers die at a failpoint from now on."""
        (self.failpoints / point).touch()

    def disarm(self, point: Failpoint) -> None:
        (self.failpoints / point).unlink()

    def reads(self) -> bool:
        """Say whether what only reads the database is answered."""
        try:
            return httpx.get(f"{self.processes.url}/courses", timeout=5).is_success
        except httpx.TransportError:
            return False

    def come_to_rest(self) -> None:
        """Wait until nothing is left of the last fault, such as a dead connection in a pool."""
        asked = range(CALM_ANSWERS)
        assert poll(lambda: all(self.reads() for _ in asked), seconds=READY_SECONDS), (
            "it does not come to rest"
        )

    def students(self, how_many: int) -> list[Student]:
        """Return students who are signed in; the same ones for every fault."""
        for number in range(len(self._students), how_many):
            client = self.processes.sign_in(f"student-{number}")
            self._students.append(Student(client.get("/auth/users/me").json()["id"], client))
        return self._students[:how_many]

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
def stage_in(root: Path, logs: Path, layout: Layout = Layout.SINGLE) -> Iterator[Stage]:
    """Run everything on servers of its own for as long as the block lasts; `logs` stay."""
    with ExitStack() as stack:
        servers = stack.enter_context(private.running(root / "servers"))
        stack.callback(_keep_logs, servers, logs)
        (home := root / "home").mkdir()
        (failpoints := root / "failpoints").mkdir()
        nodes: Sequence[Node] = ()
        if layout is Layout.CLUSTER:  # before there is a queue: it has a member on each node there is
            nodes = stack.enter_context(two_more(_broker_of(servers), logs))
        settings = make_settings(servers, "chaos", home, 0)
        asyncio.run(_prepare(settings))
        wires = _wires(settings)
        for wire in wires.values():
            wire.mend()
            stack.callback(wire.cut)
        through = _behind(wires, settings)
        if nodes:
            wires["rabbitmq"].lead_to(_broker_of(servers).port, *(node.port for node in nodes))
            settings = settings.model_copy(update={"amqp_url": through.amqp_url})
        standby = None
        if layout is Layout.STANDBY:
            standby = stack.enter_context(following(_database_of(servers), logs))
        started = stack.enter_context(processes(through, logs, **{VARIABLE: str(failpoints)}))
        keeper = Keeper(started)
        keeper.start()
        stack.callback(keeper.stop)
        started.wait_until_healthy()
        yield Stage(servers, settings, wires, started, keeper, failpoints, standby, nodes)


def _keep_logs(servers: Servers, logs: Path) -> None:
    for log in (servers.home / "logs").glob("*.log"):
        shutil.copyfile(log, logs / f"server-{log.name}")


def _home_of(servers: Servers) -> Home:
    return replace(find_home(servers.home), account=server_account())


def _broker_of(servers: Servers) -> RabbitMQ:
    home = _home_of(servers)
    return private._rabbitmq(home, load_secrets(home), read_json(home.ports_file))


def _database_of(servers: Servers) -> Postgres:
    home = _home_of(servers)
    return Postgres(home, read_json(home.ports_file)["postgres"], load_secrets(home).postgres)


def _urls(settings: Settings) -> dict[str, SecretStr]:
    return {
        "postgres": settings.database_url,
        "rabbitmq": settings.amqp_url,
        "redis": settings.redis_url,
    }


def _wires(settings: Settings) -> dict[str, Wire]:
    return {name: Wire.to(url.get_secret_value()) for name, url in _urls(settings).items()}


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
