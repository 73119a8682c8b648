"""A progress worker with places to die at: `python -m tests.chaos.worker`.

It dies of any event whose session is `DEADLY`, and at a failpoint once the file of its name lies in the
folder `CHAOS_FAILPOINTS`: at every tenth batch from then on, in its midst, before or after its commit.
"""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from sqlalchemy import event as hooks
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from core.policy import Policy
from core.settings import load_settings
from events.applying import Handler
from events.schemas import Applied, Event
from workers.watch_time import worker

DEADLY = "deadly"
DEATH = 99
VARIABLE = "CHAOS_FAILPOINTS"
EVERY = 10
LOGS = "INSERT INTO progress_events"


class Failpoint(StrEnum):
    """Where a worker may die."""

    MID_BATCH = "mid-batch"
    """The events are in the log, the rows are not what they mean."""
    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"


class Failpoints:
    """Counts the times each point is passed while it is armed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._passed = dict.fromkeys(Failpoint, 0)

    def pass_by(self, point: Failpoint) -> None:
        """Die here, sometimes."""
        if not (self._folder / point).exists():
            return
        self._passed[point] += 1
        if self._passed[point] % EVERY == 0:
            os._exit(DEATH)


def failing(engine: AsyncEngine, policy: Policy, points: Failpoints) -> Handler:
    """Return the worker's handler, which dies where it is told to."""
    handle = real_handler(engine, policy)

    def commits(_connection: Connection) -> None:
        points.pass_by(Failpoint.BEFORE_COMMIT)

    def executed(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if LOGS in statement:
            points.pass_by(Failpoint.MID_BATCH)

    hooks.listen(engine.sync_engine, "commit", commits)
    hooks.listen(engine.sync_engine, "after_cursor_execute", executed)

    async def handle_or_die(events: Sequence[Event], *, awaited: bool) -> list[Applied]:
        if any(event.session_id == DEADLY for event in events):
            os._exit(DEATH)
        answers = await handle(events, awaited=awaited)
        points.pass_by(Failpoint.AFTER_COMMIT)
        return answers

    return handle_or_die


real_handler = worker.handler


def main() -> None:
    points = Failpoints(Path(os.environ[VARIABLE]))
    worker.handler = lambda engine, policy, *_: failing(engine, policy, points)
    worker.run(load_settings())


if __name__ == "__main__":
    main()
