"""How queues and workers stand, put together from those who know."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis import RedisError
from redis.asyncio import Redis

from api.progress.service import Desk as ProgressDesk
from core.pulse import last_sign_of_life
from events.flow import Minute, last_hour, signs_of_life
from events.queues import QueueState, QueueWatch, with_flow
from events.topology import PROGRESS
from web.doors import Visit
from web.operate import queries
from web.operate.queries import Waiting

SOON = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """What Redis knows."""

    hour: Sequence[Minute]
    progress_workers: dict[str, datetime]
    import_worker: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything at one moment. `queues` is None while the broker is away, `heard` while Redis is."""

    at: datetime
    queues: Sequence[QueueState] | None
    heard: Heard | None
    outbox: Waiting
    imports: int
    lag_seconds: float
    missing: str | None
    """Why RabbitMQ does not tell all of its queues, and what to do; None where it does."""

    def age(self, at: datetime) -> float:
        """Return how long ago something was, in seconds."""
        return max(0.0, (self.at - at).total_seconds())

    def drain(self, queue: QueueState) -> float | None:
        """Return in how many seconds a queue is empty at the present rates.

        None where that is not measured; infinity where it does not shrink.
        """
        if queue.name != PROGRESS.name or queue.in_rate is None or queue.out_rate is None:
            return 0.0 if not queue.ready else None
        waiting = queue.ready + (queue.unacked or 0)
        if not waiting:
            return 0.0
        shrinking = queue.out_rate - queue.in_rate
        return waiting * self._events_per_message / shrinking if shrinking > 0 else float("inf")

    @property
    def _events_per_message(self) -> float:
        hour = self.heard.hour if self.heard else ()
        messages = sum(minute.messages for minute in hour)
        return sum(minute.events_in for minute in hour) / messages if messages else 1.0


async def look(visit: Visit) -> Standing:
    """Ask everybody; who does not answer is left out."""
    state = visit.state
    async with visit.transaction() as session:
        outbox = await queries.outbox(session)
        imports = await queries.running_imports(session)
    watch = state.part(QueueWatch)
    seen = watch.states
    return Standing(
        at=state.clock(),
        queues=None if seen is None else await with_flow(seen, state.redis),
        heard=await _hear(state.redis),
        outbox=outbox,
        imports=imports,
        lag_seconds=state.part(ProgressDesk).replies.last_lag,
        missing=watch.missing,
    )


async def _hear(redis: Redis) -> Heard | None:
    try:
        async with asyncio.timeout(SOON.total_seconds()):
            return Heard(await last_hour(redis), await signs_of_life(redis), await last_sign_of_life(redis))
    except (RedisError, OSError):  # `with_flow` has logged it; the page says that nothing is known
        return None
