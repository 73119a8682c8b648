"""What is committed is what the source builds, and it is small."""

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.unit.web.sdk.conftest import SOURCE

MOST_BYTES = 4096
BUILT = sorted((SOURCE / "built").iterdir())


def test_the_build_is_that_of_the_source(workshop: Path) -> None:
    subprocess.run(["npm", "run", "--silent", "build", "--", "again"], cwd=workshop, check=True)
    again = {path.name: path.read_bytes() for path in (workshop / "again").iterdir()}
    assert again == {path.name: path.read_bytes() for path in BUILT}, (
        "run `make sdk` and commit what it builds"
    )


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.name)
def test_it_is_small(path: Path) -> None:
    assert len(gzip.compress(path.read_bytes())) <= MOST_BYTES


def test_the_source_is_what_its_types_say(workshop: Path) -> None:
    checked = subprocess.run(
        ["npm", "run", "--silent", "types"], cwd=workshop, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
