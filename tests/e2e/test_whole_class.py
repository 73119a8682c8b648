"""A class against a running stack in a zone far from UTC, and the README's walk with what it really answers."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.database import make_engine, make_sessions
from core.policy import Overlap, Policy
from core.settings import Settings
from stack.servers import Servers
from tests.conftest import empty, make_settings, redis_of
from tests.e2e.processes import Processes, processes

pytestmark = pytest.mark.e2e

README = Path(__file__).parents[2] / "README.md"
POLICY = Policy(timezone="Pacific/Auckland", overlap=Overlap.ONCE)
VARIES = {"id", "user_id", "date", "event_id"}


@pytest.fixture(scope="module")
def class_settings(servers: Servers, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("class")
    settings = make_settings(servers, f"class_{worker_id}", home, 8 + redis_of(worker_id) % 8)
    asyncio.run(_adopt_policy(settings))
    return settings


async def _adopt_policy(settings: Settings) -> None:
    engine = make_engine(settings)
    await empty(make_sessions(engine), POLICY)
    await engine.dispose()


@pytest.fixture(scope="module")
def school(class_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A gateway and a worker with the demonstration in the database."""
    rules = {"EDUTRACK_TIMEZONE": POLICY.timezone, "EDUTRACK_OVERLAP": POLICY.overlap.value}
    with processes(class_settings, tmp_path_factory.mktemp("logs"), **rules) as started:
        seeded = started.run("seed", "--demo")
        assert seeded.returncode == 0, seeded.stderr
        started.start("api", "api")
        started.start("worker", "worker", "progress")
        started.wait_until_healthy()
        yield started


def test_the_walk_in_the_readme_answers_what_the_readme_says(school: Processes) -> None:
    steps = _walk()
    commands = [command.replace("http://127.0.0.1:8000", school.url) for command, _ in steps]
    answers = [json.loads(line) for line in _run(commands).splitlines() if line]
    shown = [json.loads(answer) for _, answer in steps if answer]
    assert [_steady(answer) for answer in answers] == [_steady(answer) for answer in shown]


def test_every_row_of_a_class_is_what_the_pure_fold_says(school: Processes) -> None:
    simulated = school.run(
        "simulate", "--students", "16", "--minutes", "10", "--speedup", "120", "--seed", "7"
    )
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr
    assert "no difference" in simulated.stdout
    assert "left out" not in simulated.stdout, "the demo admin reads the rosters"
    assert school.run("verify").returncode == 0


def test_a_class_does_not_notice_that_worker_and_gateway_are_killed(school: Processes) -> None:
    command = ["simulate", "--students", "8", "--minutes", "10", "--speedup", "60", "--seed", "8"]
    simulation = school.start("simulation", *command)
    while "events accepted" not in school.log_of("simulation"):
        assert simulation.poll() is None, school.log_of("simulation")
        time.sleep(0.1)
    for name, arguments in (("worker", ("worker", "progress")), ("api", ("api",))):
        assert simulation.poll() is None, school.log_of("simulation")
        school.kill(name)
        school.start(name, *arguments)
    assert simulation.wait(120) == 0, school.log_of("simulation")
    del school.running["simulation"]


def test_a_row_that_is_wrong_is_found(school: Processes, class_settings: Settings) -> None:
    """Held against another rule than the stack's, every credit across tabs is a difference."""
    env = {**school.env, "EDUTRACK_OVERLAP": Overlap.SUM.value, "EDUTRACK_ATTENDANCE_MIN_SECONDS": "86400"}
    school = Processes(school.url, env, school.logs)
    simulated = school.run(
        "simulate", "--students", "4", "--minutes", "10", "--speedup", "200", "--seed", "9", "--patience", "2"
    )
    assert simulated.returncode == 1
    assert "status should be absent, is present" in simulated.stderr


def _walk() -> list[tuple[str, str]]:
    """Return the commands of the walk, each with the answer the README shows."""
    section = README.read_text().partition("## From a play to attendance")[2].partition("\n## ")[0]
    block = re.findall(r"```console\n(.*?)```", section, re.DOTALL)[0]
    steps = []
    for step in block.removeprefix("$ ").split("\n$ "):
        command, _, answer = step.strip().partition("\n")
        steps.append((command, answer))
    return steps


def _run(commands: list[str]) -> str:
    script = "\necho\n".join(commands)
    return subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True).stdout


def _steady(answer: Any) -> Any:
    """Return an answer without what differs from stack to stack and from day to day."""
    if isinstance(answer, list):
        return [_steady(each) for each in answer]
    return {name: "…" if name in VARIES else value for name, value in answer.items()}
