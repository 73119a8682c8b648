"""One reader's requests, timed: how long until the first byte and until the last one."""

import time
from dataclasses import dataclass

import httpx

TIMEOUT_SECONDS = 1_200
"""The first byte of a workbook of everybody comes when all of it is read."""


@dataclass(frozen=True, slots=True)
class Read:
    """One answer, in milliseconds and bytes."""

    first_byte_ms: float
    total_ms: float
    size: int


def read(client: httpx.Client, path: str, token: str, accept: str = "application/json") -> Read:
    """Ask for something and read all of it.

    Raises:
        httpx.HTTPStatusError: it was refused.

    """
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    began = time.perf_counter()
    with client.stream("GET", path, headers=headers, timeout=TIMEOUT_SECONDS) as answer:
        answer.raise_for_status()
        first, size = 0.0, 0
        for portion in answer.iter_raw():
            first = first or time.perf_counter()
            size += len(portion)
    return Read((first - began) * 1000, (time.perf_counter() - began) * 1000, size)
