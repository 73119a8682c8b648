"""The sources of the player script, with what builds them installed in a folder of its own."""

import os
import shutil
from pathlib import Path

import pytest

from tests.npm import BUILD, ROOT, install_packages

SOURCE = ROOT / "web" / "sdk"


@pytest.fixture(scope="session")
def workshop() -> Path:
    """A copy of the sources beside the packages, so that nothing is installed among what is committed."""
    folder = install_packages(SOURCE, BUILD / f"sdk-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
    for name in ("edutrack.js", "edutrack.d.ts", "build.js", "tsconfig.json"):
        shutil.copy(SOURCE / name, folder)
    shutil.copytree(SOURCE / "src", folder / "src", dirs_exist_ok=True)
    return folder
