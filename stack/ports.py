"""Ports of a private stack: the same ones at every start where possible."""

import errno
import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from stack.errors import StackError
from stack.files import read_json, write_private

LOOPBACK = "127.0.0.1"
# Below the kernel's ephemeral range: a client that retries against a stopped server of that range can be
# given the server's port as its own, connect to itself, and keep the server from coming back.
RANGE = range(20_000, 32_000)
ATTEMPTS = 200
CONNECT_SECONDS = 2


def free_ports(names: Iterable[str], remembered: Path) -> dict[str, int]:
    """Return a free loopback port for each name, preferring what the file remembers, and remember them."""
    before = read_json(remembered)
    ports: dict[str, int] = {}
    for name in names:
        wish = before.get(name)
        taken = set(ports.values())
        keep = isinstance(wish, int) and wish not in taken and is_free(LOOPBACK, wish)
        ports[name] = wish if keep and isinstance(wish, int) else pick_port(taken)
    write_private(remembered, json.dumps(before | ports))
    return ports


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there now."""
    try:
        _listen(host, port)
    except OSError:
        return False
    return True


def accepts(host: str, port: int) -> bool:
    """Say whether a server listens there; unlike `is_free` it never stands in that server's way."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def require_free(host: str, port: int) -> None:
    """Refuse to start where the API's address is taken, naming who has it.

    Raises:
        StackError: the address is taken or not one of this machine.

    """
    try:
        _listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StackError(
                f"Port {port} is taken{_holder(port)}. "
                f"Stop that, or choose another: EDUTRACK_PORT={port + 1} make up"
            ) from None
        raise StackError(
            f"The API cannot listen on {host}:{port} ({error.strerror}); see EDUTRACK_HOST and EDUTRACK_PORT."
        ) from None


def _listen(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


def pick_port(taken: set[int]) -> int:
    """Return a port that is free now and not among those taken.

    Raises:
        StackError: none was found.

    """
    for port in random.SystemRandom().sample(RANGE, ATTEMPTS):
        if port not in taken and is_free(LOOPBACK, port):
            return port
    raise StackError(f"No free port was found on {LOOPBACK} between {RANGE.start} and {RANGE.stop}.")


def _holder(port: int) -> str:
    try:
        for found in psutil.net_connections("tcp"):
            listens = found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port
            if listens and found.pid:
                return f" by process {found.pid} ({psutil.Process(found.pid).name()})"
    except psutil.Error:
        return ""
    return ""
