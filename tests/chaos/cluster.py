"""Two more RabbitMQ nodes that join the one there is, so that every queue has three members."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from events.topology import PROGRESS
from stack.files import private_folder, write_private
from stack.ports import pick_port
from stack.rabbitmq import RabbitMQ
from stack.tasks import Tasks
from stack.waiting import Interrupt, poll

READY_SECONDS = 60
FIRST = "edutrack@localhost"


@dataclass(frozen=True)
class _Member(RabbitMQ):
    number: int = 2

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"RABBITMQ_NODENAME": f"edutrack{self.number}@localhost"}

    def configure(self) -> None:
        """Let the node join the first one when it starts for the first time."""
        private_folder(self.data.parent, self.home.account)
        self.prepare(Tasks(self.home.logs, {}, Interrupt()))
        settings = (self.data / "rabbitmq.conf").read_text()
        joining = (
            "cluster_formation.peer_discovery_backend = classic_config\n"
            f"cluster_formation.classic_config.nodes.1 = {FIRST}\n"
        )
        write_private(self.data / "rabbitmq.conf", settings + joining, self.home.account)


class Node:
    """A member that is started and killed."""

    def __init__(self, first: RabbitMQ, number: int, logs: Path) -> None:
        home = replace(first.home, data=first.home.data / f"node-{number}")
        ports = {port: pick_port(taken=set()) for port in ("port", "dist_port", "metrics_port")}
        fields = {"epmd_port": first.epmd_port, "password": first.password, "cookie": first.cookie}
        self._broker = _Member(home, **ports, **fields, script=first.script, number=number)  # type: ignore[arg-type]
        self._broker.configure()
        self._log = logs / f"rabbitmq-{number}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"edutrack{self._broker.number}@localhost"

    @property
    def port(self) -> int:
        return self._broker.port

    def start(self) -> None:
        """Start it; returns before it answers."""
        program = self._broker.programs()[-1]
        account = self._broker.home.account
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                program.command,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **program.environment},
                cwd=program.directory,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        assert poll(self._broker.is_ready, seconds=READY_SECONDS), f"{self.name} does not start: {self._log}"

    def kill(self) -> None:
        """End the node, and whatever it started, without a word."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def two_more(first: RabbitMQ, logs: Path) -> Iterator[Sequence[Node]]:
    """Run two more nodes as long as the block."""
    nodes = [Node(first, number, logs) for number in (2, 3)]
    try:
        for node in nodes:  # one after the other: the last one joins a cluster that stands
            node.start()
            node.wait()
        assert poll(lambda: first.evaluate("length(nodes()).") == "2", seconds=READY_SECONDS)
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def leader_of_events(first: RabbitMQ, vhost: str) -> str:
    """Return the name of the node that leads the queue of events."""
    queue = f'rabbit_misc:r(<<"{vhost}">>, queue, <<"{PROGRESS.name}">>)'
    found = first.evaluate(
        f"{{ok, Q}} = rabbit_amqqueue:lookup({queue}), {{_, Leader}} = amqqueue:get_pid(Q), Leader."
    )
    return found.strip("'")
