"""The three private servers of a home, and how tests and benchmarks run them alone."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stack.account import server_account
from stack.environment import process_environment
from stack.errors import StackError
from stack.files import read_json
from stack.home import Home, Secrets, discard_data, find_home, load_secrets, locked, open_home
from stack.leftovers import sweep
from stack.ports import free_ports
from stack.postgres import Origin, Postgres
from stack.rabbitmq import RabbitMQ, find_script
from stack.redis import Redis
from stack.server import Server
from stack.starting import prepare_and_start, wait_until_ready
from stack.supervisor import supervised
from stack.tasks import Tasks
from stack.waiting import Interrupt

POSTGRES, RABBITMQ, REDIS = ALL = ("postgres", "rabbitmq", "redis")

_PORTS = {
    "postgres": ("postgres",),
    "rabbitmq": ("rabbitmq", "rabbitmq_dist", "epmd", "rabbitmq_metrics"),
    "redis": ("redis",),
}


@dataclass(frozen=True)
class Servers:
    """Where running private servers are; the user of each may do everything on it."""

    home: Path
    postgres_url: str
    amqp_url: str
    redis_url: str
    rabbitmq_metrics_url: str

    def amqp_url_of(self, vhost: str) -> str:
        """Return the broker's URL with another vhost."""
        return f"{self.amqp_url.rpartition('/')[0]}/{vhost}"

    def add_vhost(self, name: str) -> str:
        """Make a vhost that our user may do everything in, and return its URL; harmless when it exists."""
        home = replace(find_home(self.home), account=server_account())
        _rabbitmq(home, load_secrets(home), read_json(home.ports_file)).add_vhost(name)
        return self.amqp_url_of(name)


def private_servers(
    home: Home,
    names: Collection[str] = ALL,
    *,
    postgres_origin: Origin = "auto",
    redis_origin: Origin = "auto",
) -> list[Server]:
    """Return the servers of a home with ports that are free now; nothing is started.

    Raises:
        StackError: a server is not installed.

    """
    secrets = load_secrets(home)
    ports = free_ports([port for name in ALL if name in names for port in _PORTS[name]], home.ports_file)
    made: list[Server] = []
    if RABBITMQ in names:
        made.append(_rabbitmq(home, secrets, ports))
    if POSTGRES in names:
        made.append(Postgres(home, ports["postgres"], secrets.postgres, postgres_origin))
    if REDIS in names:
        made.append(Redis(home, ports["redis"], secrets.redis, redis_origin))
    return made


@contextmanager
def running(
    root: Path, *, postgres_origin: Origin = "auto", redis_origin: Origin = "auto"
) -> Iterator[Servers]:
    """Run the three servers, and nothing else, as long as the block; their data goes with them.

    Raises:
        StackError: a server is not installed or does not start.

    """
    home = open_home(root, server_account())
    with locked(home):
        sweep(home)
        servers = private_servers(home, postgres_origin=postgres_origin, redis_origin=redis_origin)
        environment = process_environment(home)
        tasks = Tasks(home.logs, environment, Interrupt())
        try:
            programs = [program for server in servers for program in server.programs()]
            with supervised(home, programs, environment) as control:
                prepare_and_start(control, servers, tasks)
                wait_until_ready(home, control, servers, tasks.interrupt)
                urls = {server.name: server.url for server in servers}
                metrics_url = next(it.metrics_url for it in servers if isinstance(it, RabbitMQ))
                yield Servers(home.root, urls[POSTGRES], urls[RABBITMQ], urls[REDIS], metrics_url)
        finally:
            sweep(home)
            discard_data(home)


def _rabbitmq(home: Home, secrets: Secrets, ports: Mapping[str, int]) -> RabbitMQ:
    script = find_script()
    if script is None:
        raise StackError("RabbitMQ is not installed: `make up` and `make test` install it.")
    return RabbitMQ(
        home,
        ports["rabbitmq"],
        ports["rabbitmq_dist"],
        ports["epmd"],
        ports["rabbitmq_metrics"],
        secrets.rabbitmq,
        secrets.cookie,
        script,
    )
