"""What queues were like over the last hour: a ring of samples in Redis, which outlives pages and processes.

Every gateway process takes samples. Two that do so at one moment write the same place, so that there is one.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis import RedisError
from redis.asyncio import Redis
from sqlalchemy.exc import SQLAlchemyError

from api.outage import Outage
from api.progress.service import Desk as ProgressDesk
from api.state import State
from core.errors import Unavailable
from events.queues import QueueState, QueueWatch, with_flow
from events.topology import PROGRESS
from web.operate import queries

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=10)
KEPT = timedelta(hours=1)

_KEY = "edutrack:samples"
_STEP = int(EVERY.total_seconds())
_PLACES = KEPT // EVERY

Lines = Mapping[str, Mapping[str, float | None]]
"""By chart and by line, what was so at one moment; None where nobody knew."""


@dataclass(frozen=True, slots=True)
class Hour:
    """The last hour at equal distances. `at` is in seconds since the epoch; gaps are None."""

    at: Sequence[int]
    charts: Mapping[str, Mapping[str, Sequence[float | None]]]


async def keep_sampling(state: State) -> None:
    """Take a sample now and then, for ever; while Redis is away there is none."""
    outage = Outage("Redis", "the last hour has a gap")
    while True:
        now = state.clock().timestamp()
        await asyncio.sleep(_STEP - now % _STEP)
        try:
            await take(state)
            outage.over()
        except (RedisError, OSError) as error:
            outage.noticed(error)


async def take(state: State) -> None:
    """Take a sample, unless another process has.

    Raises:
        RedisError, OSError: Redis is away.

    """
    at = round(state.clock().timestamp() / _STEP) * _STEP  # a timer may wake somebody a little early
    place = str(at // _STEP % _PLACES)
    known = await state.redis.hget(_KEY, place)
    if known is not None and json.loads(known)[0] == at:
        return
    lines = _lines(
        await with_flow(state.part(QueueWatch).states or (), state.redis),
        lag=state.part(ProgressDesk).replies.last_lag,
        outbox=await _outbox(state),
    )
    async with state.redis.pipeline() as pipe:
        pipe.hset(_KEY, place, json.dumps([at, lines]))
        pipe.expire(_KEY, KEPT)
        await pipe.execute()


async def last_hour(redis: Redis, now: float) -> Hour:
    """Return what is kept of the hour before an instant.

    Raises:
        RedisError, OSError: Redis is away, so nothing is known.

    """
    last = int(now) // _STEP * _STEP
    found: dict[int, Lines] = {}
    for value in await redis.hvals(_KEY):
        at, lines = json.loads(value)
        if last - _PLACES * _STEP < at <= last:
            found[at] = lines
    moments = range(min(found, default=last), last + 1, _STEP)
    names = {(chart, name) for lines in found.values() for chart, line in lines.items() for name in line}
    charts: dict[str, dict[str, list[float | None]]] = {}
    for chart, name in sorted(names):
        values = [found.get(at, {}).get(chart, {}).get(name) for at in moments]
        charts.setdefault(chart, {})[name] = values
    return Hour(list(moments), charts)


def _lines(queues: Sequence[QueueState], *, lag: float, outbox: int | None) -> Lines:
    waiting: dict[str, float | None] = {}
    rates: dict[str, float | None] = {}
    for queue in queues:
        waiting[queue.name] = queue.ready
        if queue.name == PROGRESS.name:
            waiting[f"{queue.name}, unacked"] = queue.unacked
            rates |= {"in": queue.in_rate, "out": queue.out_rate}
    return {"waiting": waiting, "rates": rates, "lag": {"lag": round(lag, 3)}, "outbox": {"outbox": outbox}}


async def _outbox(state: State) -> int | None:
    try:
        async with state.transaction() as session:
            return (await queries.outbox(session)).events
    except Unavailable:  # which the state has logged
        return None
    except SQLAlchemyError as error:
        log.warning("the outbox was not counted: %s", type(error).__name__)
        return None
