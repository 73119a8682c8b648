"""What processes use: CPU seconds and resident memory, by part of the system."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

MEGABYTE = 1 << 20

Parts = Mapping[str, Sequence[int]]
"""Process ids of each part. Children belong to their part, also those that have ended meanwhile."""


@dataclass
class Usage:
    """CPU seconds between two moments and resident megabytes at the second one, by part."""

    cpu: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)


@contextmanager
def measured(parts: Parts) -> Iterator[Usage]:
    """Measure parts over a block; the result is there at its end."""
    before = cpu_seconds(parts)
    usage = Usage()
    yield usage
    usage.cpu = {part: seconds - before[part] for part, seconds in cpu_seconds(parts).items()}
    usage.memory_mb = memory_mb(parts)


def cpu_seconds(parts: Parts) -> dict[str, float]:
    """Return user and system time of each part so far."""
    return {part: sum(map(_cpu_of, pids)) for part, pids in parts.items()}


def memory_mb(parts: Parts) -> dict[str, float]:
    """Return the resident memory of each part's largest process."""
    return {
        part: max(psutil.Process(pid).memory_info().rss for pid in pids) / MEGABYTE
        for part, pids in parts.items()
    }


def _cpu_of(pid: int) -> float:
    process = psutil.Process(pid)
    own = process.cpu_times()
    living = 0.0
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:  # it counts among those that have ended at the next look
            continue
        living += times.user + times.system
    return own.user + own.system + own.children_user + own.children_system + living
