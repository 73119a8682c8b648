"""PostgreSQL and Redis, of the system and out of the wheels."""

import os
from pathlib import Path
from typing import Literal

import pytest

from stack import postgres, redis
from stack.account import server_account
from stack.environment import process_environment
from stack.errors import StackError
from stack.home import discard_data, open_home
from stack.servers import POSTGRES, REDIS, private_servers
from stack.starting import prepare_and_start, wait_until_ready
from stack.supervisor import supervised
from stack.tasks import Tasks
from stack.waiting import Interrupt


@pytest.mark.parametrize("origin", ["system", "wheel"])
def test_servers_of_either_origin_start_and_answer(
    tmp_path: Path, origin: Literal["system", "wheel"], system_servers: None
) -> None:
    home = open_home(tmp_path / "home", server_account())
    tasks = Tasks(home.logs, process_environment(home), Interrupt())
    servers = private_servers(home, (POSTGRES, REDIS), postgres_origin=origin, redis_origin=origin)
    programs = [program for server in servers for program in server.programs()]
    try:
        with supervised(home, programs, tasks.environment) as control:
            prepare_and_start(control, servers, tasks)
            wait_until_ready(home, control, servers, tasks.interrupt)
            assert all(server.is_ready() for server in servers)
    finally:
        discard_data(home)


def test_data_of_another_major_version_is_refused_and_kept(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", server_account())
    version = home.data / "postgres" / "PG_VERSION"
    version.parent.mkdir()
    version.write_text("14\n")

    server = private_servers(home, (POSTGRES,))[0]
    with pytest.raises(StackError, match=r"made by PostgreSQL 14.*not here any more"):
        server.programs()

    discard_data(home)


@pytest.fixture
def system_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with server binaries: where the system has none, those of the wheels stand in for them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if not postgres.available("system"):
        for name in ("postgres", "initdb"):
            (folder / name).symlink_to(postgres.available("wheel")[0].folder / name)
    if not redis.system_binaries():
        (folder / "valkey-server").symlink_to(redis.binary("wheel"))
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{folder}")
