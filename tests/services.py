"""Run a command with private PostgreSQL, RabbitMQ and Redis around it: `python -m tests.services COMMAND …`.

One set of servers serves every test process; `tests.conftest` finds it in the environment.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from stack.servers import Servers, running

VARIABLE = "EDUTRACK_TEST_SERVERS"


def to_environment(servers: Servers) -> str:
    return json.dumps(asdict(servers) | {"home": str(servers.home)})


def from_environment(value: str) -> Servers:
    known = json.loads(value)
    return Servers(**(known | {"home": Path(known["home"])}))


@contextmanager
def hasty(root: Path) -> Iterator[Servers]:
    """Run servers that nobody kills: PostgreSQL waits for no disk; chaos has servers of its own, which do."""
    with running(root) as servers:
        asyncio.run(_wait_for_no_disk(servers.postgres_url))
        yield servers


async def _wait_for_no_disk(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for name in ("fsync", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {name} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    temporary = TemporaryDirectory(prefix="edutrack-tests-", ignore_cleanup_errors=True)
    with temporary as folder, hasty(Path(folder) / "servers") as servers:
        child = subprocess.Popen(command, env=os.environ | {VARIABLE: to_environment(servers)})
        try:
            return child.wait()
        finally:
            child.terminate()
            child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
