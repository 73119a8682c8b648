import pytest

from stack.postgres import shared_buffers_mb

GIB = 1024**3


@pytest.mark.parametrize(("memory", "expected"), [(GIB // 2, 128), (4 * GIB, 512), (24 * GIB, 1024)])
def test_postgresql_may_keep_an_eighth_of_the_memory_within_bounds(memory: int, expected: int) -> None:
    assert shared_buffers_mb(memory) == expected
