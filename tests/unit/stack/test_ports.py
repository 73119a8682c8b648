import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.ports import LOOPBACK, RANGE, accepts, free_ports, is_free, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def test_ports_are_free_distinct_and_the_same_the_next_time(tmp_path: Path) -> None:
    first = free_ports(["a", "b", "c"], tmp_path / "ports.json")

    assert len(set(first.values())) == 3
    assert all(port in RANGE and is_free(LOOPBACK, port) for port in first.values())
    assert free_ports(["a", "b", "c"], tmp_path / "ports.json") == first


def test_a_remembered_port_that_somebody_else_took_is_replaced(tmp_path: Path, taken: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"a": {taken}}}')

    assert free_ports(["a"], tmp_path / "ports.json")["a"] != taken


def test_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"a": "80')

    assert free_ports(["a"], tmp_path / "ports.json")["a"] in RANGE


def test_a_taken_port_is_refused_with_its_holder_and_another_port_to_choose(taken: int) -> None:
    with pytest.raises(StackError) as refused:
        require_free(LOOPBACK, taken)

    assert f"Port {taken} is taken by process {os.getpid()}" in refused.value.detail
    assert "EDUTRACK_PORT=" in refused.value.detail


def test_an_address_of_another_machine_is_refused_naming_the_setting() -> None:
    with pytest.raises(StackError, match="EDUTRACK_HOST"):
        require_free("192.0.2.1", 8000)


def test_a_listening_server_accepts_and_a_free_port_does_not(taken: int, tmp_path: Path) -> None:
    assert accepts(LOOPBACK, taken)
    assert not accepts(LOOPBACK, free_ports(["a"], tmp_path / "ports.json")["a"])
