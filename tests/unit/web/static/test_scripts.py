"""The scripts of the pages, each against a page that the test holds in its hands."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_each_does_what_is_said_of_it(path: Path) -> None:
    ran = subprocess.run(["node", "--test", path], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
