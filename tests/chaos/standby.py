"""A second PostgreSQL that has every commit before its client hears of it, and takes over."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from stack.files import private_folder
from stack.ports import LOOPBACK, pick_port
from stack.postgres import USER, Postgres

NAME = "standby"
READY_SECONDS = 60
STOP_SECONDS = 20


@dataclass
class Standby:
    """Follows until it is promoted."""

    port: int
    admin_url: str

    def promote(self) -> None:
        """Make it the primary; returns once it takes writes."""
        assert asyncio.run(_ask(self.admin_url, "SELECT pg_promote()"))

    def url(self, database: str) -> str:
        return self.admin_url.rpartition("/")[0] + f"/{database}"


@contextmanager
def following(primary: Postgres, logs: Path) -> Iterator[Standby]:
    """Run a standby that the primary waits for at every commit, as long as the block."""
    account = primary.home.account
    data = private_folder(primary.home.data / NAME, account)
    folder = primary._reachable().folder
    as_server_user = {
        "env": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        "cwd": data,
        "user": account.uid if account else None,
        "group": account.gid if account else None,
        "extra_groups": [] if account else None,
        "stdin": subprocess.DEVNULL,
    }
    source = (
        f"host={LOOPBACK} port={primary.port} user={USER} password={primary.password} application_name={NAME}"
    )
    backup = [
        str(folder / "pg_basebackup"),
        "-D",
        str(data),
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "-d",
        source,
    ]
    subprocess.run(backup, check=True, capture_output=True, **as_server_user)  # type: ignore[call-overload]
    port = pick_port(taken=set())
    server = [str(folder / "postgres"), "-D", str(data), "-c", f"config_file={data / 'edutrack.conf'}"]
    with (logs / "postgres-standby.log").open("ab") as log:
        process = subprocess.Popen(
            [*server, "-c", f"port={port}"],
            stdout=log,
            stderr=log,
            start_new_session=True,
            **as_server_user,  # type: ignore[call-overload]
        )
    try:
        admin = primary.url.rpartition("/")[0] + "/postgres"
        asyncio.run(_wait_for_it(admin))
        yield Standby(port, admin.replace(f":{primary.port}/", f":{port}/"))
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


async def _wait_for_it(admin: str) -> None:
    await _ask(admin, f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
    await _ask(admin, "SELECT pg_reload_conf()")
    for _ in range(READY_SECONDS * 10):
        if await _ask(admin, "SELECT sync_state FROM pg_stat_replication") == "sync":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the standby does not follow")


async def _ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close(timeout=5)
