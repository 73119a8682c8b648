"""docs/operations.md names every metric and queue there is, and no command that does not exist."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from api.gateway.app import SERVICES
from core import metrics
from events.topology import QUEUES
from tests.commands import options_of, resolve

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_every_metric_is_explained() -> None:
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("edutrack_")}
    assert ours, metrics.__name__
    named = {
        name.removesuffix("_total") for name in re.findall(r"^\| `(edutrack_\w+)`", OPERATIONS, re.MULTILINE)
    }
    assert named == ours


def test_every_queue_is_explained() -> None:
    named = re.findall(r"^\| `(edutrack\.[\w.-]+)`", OPERATIONS, re.MULTILINE)
    assert sorted(named) == sorted(queue.name for queue in QUEUES)


def test_what_each_service_stands_on_is_said() -> None:
    table = OPERATIONS.partition("| service |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([a-z, ]+) \| ([\w, ]+) \| ([\w, ]*) ?\|$", table, re.MULTILINE)
    said = {
        service: (_dependencies(needs), _dependencies(uses))
        for services, needs, uses in rows
        for service in services.split(", ")
    }
    assert said == {
        service.name: (set(service.needs | service.needs_one_of), set(service.uses)) for service in SERVICES
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    for line in re.findall(r"`(?:\.venv/bin/)?edutrack ([a-z][^`]+)`", page.read_text()):
        words = line.split()
        command, rest = resolve(words)
        assert words != rest, f"edutrack {line} does not exist"
        assert {word for word in rest if word.startswith("--")} <= options_of(command), line


def _dependencies(text: str) -> set[str]:
    return {name.strip().lower().replace(" ", "_") for name in text.split(",") if name.strip()}
