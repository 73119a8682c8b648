"""Run a command with private PostgreSQL, RabbitMQ and Redis around it: `python -m tests.services COMMAND …`.

One set of servers serves every test process; `tests.conftest` finds it in the environment.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.servers import Servers, running

VARIABLE = "EDUTRACK_TEST_SERVERS"


def to_environment(servers: Servers) -> str:
    return json.dumps(asdict(servers) | {"home": str(servers.home)})


def from_environment(value: str) -> Servers:
    known = json.loads(value)
    return Servers(**(known | {"home": Path(known["home"])}))


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    temporary = TemporaryDirectory(prefix="edutrack-tests-", ignore_cleanup_errors=True)
    with temporary as folder, running(Path(folder) / "servers") as servers:
        child = subprocess.Popen(command, env=os.environ | {VARIABLE: to_environment(servers)})
        try:
            return child.wait()
        finally:
            child.terminate()
            child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
