"""Processes of the pool that ended while the broker was away."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery.concurrency.asynpool import AsynPool

from workers.celery_pool import Pool


class Hub:
    """Remembers what it is asked to watch, and minds what Celery's minds."""

    def __init__(self) -> None:
        self.watched: list[int] = []

    def add_reader(self, fd: int | None, _callback: Callable[..., None], *_: Any) -> None:
        if fd is None:
            raise ValueError("file descriptor is None")
        self.watched.append(fd)


def track(kind: Any, process: Any) -> list[int]:
    hub = Hub()
    pool = kind.__new__(kind)  # a pool that runs would fork
    pool._track_child_process(process, hub)
    return hub.watched


def test_a_process_that_ended_is_not_watched_any_more() -> None:
    ended = SimpleNamespace(_sentinel_poll=None)
    assert track(Pool, ended) == []
    with pytest.raises(ValueError, match="None"):
        track(AsynPool, ended)  # once this passes, the pool of our own may go


def test_a_process_that_runs_is_watched() -> None:
    sentinel, other_end = os.pipe()
    runs = SimpleNamespace(_popen=SimpleNamespace(sentinel=sentinel))
    assert track(Pool, runs) == [runs._sentinel_poll]
    assert track(Pool, runs) == [runs._sentinel_poll]
    for fd in (sentinel, other_end, runs._sentinel_poll):
        os.close(fd)
