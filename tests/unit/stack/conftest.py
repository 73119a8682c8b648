from pathlib import Path

import pytest

from stack.home import Home, open_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", None)
