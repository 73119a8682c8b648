"""docs/performance.md states every target with its bound, as `bench/targets.py` has it."""

from pathlib import Path

import pytest

from bench.targets import TARGETS, Target

PAGE = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()


def row(target: Target) -> str:
    return f"| {target.what} | {target.bound}{', reported' if target.reported else ''} |"


@pytest.mark.parametrize("name", TARGETS)
def test_the_page_states_every_target(name: str) -> None:
    assert row(TARGETS[name]) in PAGE
