"""The load generator: wrk, with many students' tokens and an id of its own for every event."""

import json
import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

SCRIPT = Path(__file__).with_name("load.lua")
EVENT_EVERY = timedelta(seconds=10)
"""How far the time of a student moves on from event to event; `load.lua` has the same."""
QUIET_SECONDS = 2
"""At a fixed rate nobody sends any more at the end, so that every event was answered."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What wrk reports. `seconds` is how long it sent."""

    accepted: int
    refused: int
    broken: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    records: int
    """Answers 201: those that waited got their record."""
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """One way of sending events to a path; without a `rate`, as fast as answers come."""

    path: str = "/progress"
    events: int = 1
    """In each request."""
    prefer: str = "respond-async"
    connections: int = 64
    rate: float = 0
    """Requests a second."""


@dataclass
class Students:
    """Who sends: tokens in a file, and how far their time has come, which only ever moves on."""

    tokens: Path
    """Their access tokens, one a line."""
    ids: Sequence[int]
    videos: int
    at: datetime
    next: int = 0
    """Whose turn it is."""

    def warm_up(self, url: str, seconds: float) -> None:
        """Send until every token was seen once: none is verified for the first time while we measure."""
        seen = 0
        while seen < len(self.ids):
            seen += self.send(Load(), url, seconds).accepted

    def send(self, load: Load, url: str, seconds: float) -> Answers:
        """Send for some seconds; blocks.

        Raises:
            subprocess.CalledProcessError: wrk failed.

        """
        quiet = QUIET_SECONDS if load.rate else 0
        arguments = {
            "tokens": self.tokens,
            "events": load.events,
            "videos": self.videos,
            "first": int(self.at.timestamp()),
            "skip": self.next,
            "session": uuid4().hex[:8],
            "prefer": load.prefer,
            "rate": load.rate,
            "seconds": seconds,
        }
        command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds + quiet:.0f}s", "-s", str(SCRIPT)]
        command += [url + load.path, "--", *(f"{name}={value}" for name, value in arguments.items())]
        before = _children_cpu()
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = json.loads(output.rpartition("RESULT ")[2])
        self.next = (self.next + found["answers"]) % len(self.ids)
        turns = found["answers"] // len(self.ids) + 2
        self.at += turns * load.events * EVENT_EVERY
        return Answers(
            accepted=found["answers"] - found["refused"],
            refused=found["refused"],
            broken=found["broken"],
            seconds=found["seconds"] - quiet,
            p50_ms=found["p50_ms"],
            p99_ms=found["p99_ms"],
            max_ms=found["max_ms"],
            records=found["records"],
            cpu_seconds=_children_cpu() - before,
        )


def _children_cpu() -> float:
    """Return what children that have ended used: wrk, when it is the only one that ends meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
