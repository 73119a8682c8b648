from pathlib import Path

import pytest

from stack import postgres
from stack.postgres import _memory_bytes, shared_buffers_mb

GIB = 1024**3


@pytest.mark.parametrize(("memory", "expected"), [(GIB // 2, 128), (4 * GIB, 512), (24 * GIB, 1024)])
def test_postgresql_may_keep_an_eighth_of_the_memory_within_bounds(memory: int, expected: int) -> None:
    assert shared_buffers_mb(memory) == expected


def test_a_container_has_as_much_memory_as_it_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(postgres, "CONTAINER_LIMIT", limit)
    whole = _memory_bytes()
    limit.write_text("max\n")
    assert _memory_bytes() == whole
    limit.write_text("65536\n")
    assert _memory_bytes() == 65536
