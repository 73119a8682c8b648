"""The life of a stack, in order: each test leaves it running for the next one, the last one stops it."""

import json
import os
import signal
import sys
import time

import httpx
import psutil
import pytest

from stack.ports import require_free
from tests.stack.driver import Stack, kill

pytestmark = pytest.mark.e2e

SOON = 20


def test_the_first_start_ends_with_an_address_that_answers_and_accounts_that_sign_in(stack: Stack) -> None:
    url = stack.status()["api"]["url"]
    accounts = json.loads((stack.root / "demo-accounts.json").read_text())

    assert f"EduTrack runs at {url}" in stack.output
    assert httpx.get(f"{url}/health").status_code == 200
    assert {account["role"] for account in accounts} == {"student", "admin"}
    for account in accounts:
        assert account["password"] in stack.output
    sign_in = {name: accounts[0][name] for name in ("username", "password")}
    assert httpx.post(f"{url}/auth/login", json=sign_in).status_code == 200


@pytest.mark.parametrize("name", ["stack.env", "demo-accounts.json", "secrets.json"])
def test_only_the_owner_reads_what_is_secret(stack: Stack, name: str) -> None:
    assert (stack.root / name).stat().st_mode & 0o777 == 0o600


def test_status_names_the_servers_themselves(stack: Stack) -> None:
    found = json.loads(stack.run("status", "--json").stdout)

    assert psutil.Process(found["postgres"]["pid"]).name() == "postgres"
    assert psutil.Process(found["rabbitmq"]["pid"]).name() == "beam.smp"
    assert psutil.Process(found["redis"]["pid"]).name() in {"redis-server", "valkey-server"}
    ours = [found["api"]["pids"], *found["workers"].values()]
    assert [len(pids) for pids in ours] == [1, 1, 1, 1]
    assert all(psutil.Process(pids[0]).exe() == os.path.realpath(sys.executable) for pids in ours)


def test_no_server_runs_as_root(stack: Stack) -> None:
    pids = stack.pids()

    assert all(psutil.Process(pids[name]).uids().real != 0 for name in ("postgres", "rabbitmq", "redis"))


def test_servers_listen_on_loopback_alone(stack: Stack) -> None:
    listening = [
        connection.laddr.ip
        for process in stack.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_the_broker_opens_no_port_but_three_and_tells_the_api_where_its_numbers_are(stack: Stack) -> None:
    broker = psutil.Process(stack.pids()["rabbitmq"])
    ports = {it.laddr.port for it in broker.net_connections("inet") if it.status == psutil.CONN_LISTEN}

    known = json.loads((stack.root / "ports.json").read_text())
    assert ports == {known[name] for name in ("rabbitmq", "rabbitmq_dist", "rabbitmq_metrics")}
    url = f"http://127.0.0.1:{known['rabbitmq_metrics']}"
    assert f"EDUTRACK_RABBITMQ_METRICS_URLS='{url}'" in (stack.root / "stack.env").read_text()
    until = time.monotonic() + SOON  # RabbitMQ tells of a new queue every five seconds
    while "edutrack.imports" not in httpx.get(f"{url}/metrics/detailed?family=queue_coarse_metrics").text:
        assert time.monotonic() < until
        time.sleep(0.2)


def test_a_second_up_in_the_same_home_is_refused_and_harms_nothing(stack: Stack) -> None:
    before = stack.pids()

    second = stack.run("up")

    assert second.returncode == 2
    assert f"A stack already runs in {stack.root} (process {stack.process.pid})" in second.stderr
    assert stack.pids() == before


def test_a_taken_port_is_refused_with_its_holder(stack: Stack, fresh: Stack) -> None:
    refused = fresh.run("up", EDUTRACK_PORT=stack.environment["EDUTRACK_PORT"])

    assert refused.returncode == 2
    assert f"is taken by process {stack.pids()['api']}" in refused.stderr
    assert "EDUTRACK_PORT=" in refused.stderr
    assert fresh.processes() == []


def test_servers_given_by_url_are_used_and_outlive_the_stack(stack: Stack, fresh: Stack) -> None:
    before, given = stack.pids(), stack.status()
    variables = {"postgres": "DATABASE_URL", "rabbitmq": "AMQP_URL", "redis": "REDIS_URL"}
    for server, variable in variables.items():
        fresh.environment[f"EDUTRACK_{variable}"] = given[server]["url"]
    fresh.environment["EDUTRACK_DEMO"] = "false"

    fresh.start()
    fresh.wait_until_ready()

    found = fresh.status()
    assert all(found[name] == {"url": given[name]["url"], "pid": None} for name in variables)
    assert fresh.signal(signal.SIGINT) == 0
    assert fresh.processes() == []
    assert stack.pids() == before


def test_whatever_is_killed_comes_back(stack: Stack) -> None:
    before = stack.pids()

    for pid in before.values():
        kill(pid)

    stack.wait_until(lambda: comes_back(stack, before), "all parts came back")
    for name in before:
        stack.wait_for(f"{name} runs again")


def test_a_part_is_held_away_until_it_is_called_back(stack: Stack) -> None:
    assert stack.run("down", "redis").returncode == 0
    stack.wait_for("redis is held away")
    assert "redis" not in stack.pids()
    assert stack.status()["redis"]["pid"] is None

    assert stack.run("up", "redis").returncode == 0
    assert "redis" in stack.pids()


def test_a_killed_supervisor_is_replaced_and_everything_below_it(stack: Stack) -> None:
    before = stack.pids()

    kill(stack.supervisor)

    stack.wait_until_ready(times=2)
    assert not set(before.values()) & {process.pid for process in stack.processes()}
    assert stack.pids().keys() == before.keys()


def test_after_a_kill_of_foreground_and_supervisor_a_start_is_clean(stack: Stack) -> None:
    before = {process.pid for process in stack.processes()}

    kill(stack.supervisor)
    stack.signal(signal.SIGKILL)
    stack.start()
    stack.wait_until_ready()

    assert not before & {process.pid for process in stack.processes()}
    assert "Loading demo data" not in stack.output


def test_down_stops_everything_and_frees_the_port(stack: Stack) -> None:
    assert stack.run("down").returncode == 0

    assert stack.process.wait() == 0
    assert stack.processes() == []
    require_free("127.0.0.1", int(stack.environment["EDUTRACK_PORT"]))
    for command in ("down", "status"):
        again = stack.run(command)
        assert again.returncode == 1
        assert f"No stack runs in {stack.root}" in again.stderr


def comes_back(stack: Stack, before: dict[str, int]) -> bool:
    now = stack.pids()
    renewed = all(now.get(name) not in {None, pid} for name, pid in before.items())
    return renewed and is_healthy(stack)


def is_healthy(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.status()['api']['url']}/health").status_code == 200
    except httpx.TransportError:
        return False
