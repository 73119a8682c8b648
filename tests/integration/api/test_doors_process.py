"""`edutrack api` as a process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from core.database import Sessions
from core.settings import Settings

pytestmark = pytest.mark.e2e

COMMAND = Path(sys.executable).with_name("edutrack")
SOON = 30


@pytest.fixture
def environment(settings: Settings, sessions: Sessions) -> Mapping[str, str]:
    secrets = {
        f"EDUTRACK_{name.upper()}": getattr(settings, name).get_secret_value()
        for name in ("database_url", "amqp_url", "redis_url", "secret_key")
    }
    return {**os.environ, **secrets, "EDUTRACK_ENV": "development", "EDUTRACK_HOME": str(settings.home)}


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def start(environment: Mapping[str, str], listening: socket.socket) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "api", "--service", "courses", "--fd", str(listening.fileno())],
        env=environment,
        pass_fds=[listening.fileno()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_serving(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if "Started server process" in line:
            return
    raise AssertionError("it ended")


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    output, _ = process.communicate(timeout=SOON)
    return process.returncode, output


def test_several_processes_share_a_socket_and_end_cleanly(
    environment: Mapping[str, str], listening: socket.socket
) -> None:
    address, port = listening.getsockname()
    processes = [start(environment, listening) for _ in range(2)]
    for process in processes:
        wait_until_serving(process)
    url = f"http://{address}:{port}/health"
    assert httpx.get(url).status_code == 200
    for process, number in zip(processes, (signal.SIGTERM, signal.SIGINT), strict=True):
        assert httpx.get(url).status_code == 200
        code, output = ended(process, number)
        assert (code, "Traceback" in output) == (0, False), output


def test_a_signal_that_comes_while_it_starts_ends_it_too(
    environment: Mapping[str, str], listening: socket.socket
) -> None:
    process = start(environment, listening)
    time.sleep(0.3)
    code, output = ended(process, signal.SIGTERM)
    assert (code in {0, -signal.SIGTERM}, "Traceback" in output) == (True, False), output
