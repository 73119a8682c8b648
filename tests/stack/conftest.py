from collections.abc import Iterator

import pytest

from tests.e2e.processes import free_port
from tests.stack.driver import Stack, stack_in


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in a home of its own, started for the first time and ready; tests share it."""
    with stack_in(tmp_path_factory.mktemp("stack") / "home", free_port()) as stack:
        stack.start()
        stack.wait_until_ready()
        yield stack


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack in a home that does not exist yet."""
    with stack_in(tmp_path_factory.mktemp("fresh") / "home", free_port()) as stack:
        yield stack
