"""The private RabbitMQ: a node of its own on loopback, beside whatever else this machine runs."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import aiormq
from aiormq.exceptions import AMQPError

from stack.errors import StackError
from stack.files import private_folder, write_private
from stack.home import Home
from stack.ports import LOOPBACK, accepts
from stack.program import Group, Program
from stack.tasks import Tasks

USER = VHOST = "edutrack"
CONNECT_SECONDS = 3

# The wrapper on Debian's PATH changes user and folder; the script below it does what it is told.
SCRIPTS = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/homebrew/sbin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
)

SETTINGS = {
    "default_user": USER,
    "default_vhost": VHOST,
    "default_permissions.configure": ".*",
    "default_permissions.read": ".*",
    "default_permissions.write": ".*",
    "vm_memory_high_watermark.relative": "0.4",
    "disk_free_limit.absolute": "50MB",
    # The default of 512 MB is memory as well as disk; a quorum queue of ours needs no such log.
    "raft.wal_max_size_bytes": str(64 * 1024 * 1024),
    "log.console": "true",
    "log.console.level": "info",
    "log.file": "false",
    # Whoever wants rates makes them from the plugin's counters; nobody looks at those kept for its pages.
    "management_agent.disable_metrics_collector": "true",
}

ERLANG_ARGUMENTS = (
    "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
)


@dataclass(frozen=True)
class RabbitMQ:
    """The node of one home."""

    home: Home
    port: int
    dist_port: int
    epmd_port: int
    metrics_port: int
    password: str
    cookie: str
    script: Path

    name = "rabbitmq"
    title = "RabbitMQ"

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self.password}@{LOOPBACK}:{self.port}/{VHOST}"

    @property
    def metrics_url(self) -> str:
        """Where the plugin rabbitmq_prometheus answers, to anybody on this machine."""
        return f"http://{LOOPBACK}:{self.metrics_port}"

    @property
    def data(self) -> Path:
        return self.home.data / "rabbitmq"

    def prepare(self, tasks: Tasks) -> None:  # noqa: ARG002 - RabbitMQ makes its own data
        """Write configuration and cookie. User and password count at the node's very first start."""
        account = self.home.account
        private_folder(self.data, account)
        settings = SETTINGS | {
            "listeners.tcp.1": f"{LOOPBACK}:{self.port}",
            "prometheus.tcp.ip": LOOPBACK,
            "prometheus.tcp.port": str(self.metrics_port),
            "default_pass": self.password,
        }
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        write_private(self.data / "rabbitmq.conf", lines, account)
        write_private(self.data / "enabled_plugins", "[rabbitmq_prometheus].\n", account)
        write_private(self.data / ".erlang.cookie", self.cookie, account)
        (self.data / ".erlang.cookie").chmod(0o400)

    def programs(self) -> list[Program]:
        """Return the node and its name server, which would otherwise turn into a daemon nobody stops."""
        epmd = _epmd()
        node = Program(
            "rabbitmq",
            Group.SERVERS,
            (str(self.script),),
            environment=self._environment(),
            directory=self.data,
            as_server_user=True,
            stop_seconds=30,
        )
        if epmd is None:
            return [node]
        command = (str(epmd), "-port", str(self.epmd_port), "-address", LOOPBACK)
        names = Program(
            "epmd", Group.NAMES, command, environment={}, directory=self.data, as_server_user=True
        )
        return [names, node]

    def is_ready(self) -> bool:
        """Say whether a client can sign in."""
        # aiormq logs each refused connection; while the node boots there would be a hundred.
        return accepts(LOOPBACK, self.port) and asyncio.run(self._answers())

    def add_vhost(self, name: str) -> None:
        """Make a vhost with all permissions for our user on the running node; harmless when it exists.

        Raises:
            StackError: the node did not do it.

        """
        user, everything = f'<<"{USER}">>', '<<".*">>'
        vhost = f'<<"{name}">>'
        self.evaluate(
            f"rabbit_vhost:add({vhost}, {user}), rabbit_auth_backend_internal:set_permissions("
            f"{user}, {vhost}, {everything}, {everything}, {everything}, {user})."
        )

    def evaluate(self, erlang: str) -> str:
        """Return what an Erlang expression is on the running node.

        Raises:
            StackError: the node did not do it.

        """
        account = self.home.account
        asked = subprocess.run(  # noqa: S603 - our own words
            [str(self.script.with_name("rabbitmqctl")), "eval", erlang],
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | self._environment(),
            cwd=self.data,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode:
            raise StackError(f"RabbitMQ refused: {asked.stderr.strip()[-500:]}")
        return asked.stdout.strip()

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError, TimeoutError, AMQPError, asyncio.IncompleteReadError):
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await aiormq.connect(self.url)
                await connection.close()
            return True
        return False

    def _environment(self) -> dict[str, str]:
        data = str(self.data)
        return {
            "HOME": data,
            "RABBITMQ_NODENAME": "edutrack@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{data}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{data}/advanced.config",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{data}/generated",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{data}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{data}/mnesia",
            "RABBITMQ_LOG_BASE": f"{data}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
            # So that the script becomes the Erlang machine, which closes well at SIGTERM, instead of
            # staying its parent: supervisor then watches and signals the server itself.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def find_script() -> Path | None:
    """Return the server's start script where RabbitMQ is installed."""
    on_path = shutil.which("rabbitmq-server")
    known = (Path(script) for script in (*SCRIPTS, *([on_path] if on_path else [])))
    return next((script for script in known if script.exists()), None)


def _epmd() -> Path | None:
    on_path = shutil.which("epmd")
    if on_path:
        return Path(on_path)
    return next(iter(Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None)
