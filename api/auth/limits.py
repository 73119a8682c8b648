"""How often somebody may try to sign in or up, per address and per account.

Counted in Redis, so that all processes count together; while Redis is away each process counts for itself.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis import RedisError
from redis.asyncio import Redis

from api.outage import Outage
from api.state import State
from core.errors import TooManyRequests

Action = Literal["login", "signup"]

TOO_OFTEN = "too many attempts: wait as long as Retry-After says"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Attempts a minute. A class sits behind one address, so addresses are granted much more."""

    login_of_address: int = 300
    login_of_account: int = 10
    signup_of_address: int = 120
    signup_of_account: int = 10
    ask_redis_again_after: float = 5.0


LIMITS = RateLimits()


class Limiter:
    """Counts attempts, and refuses those beyond the limits."""

    def __init__(self, redis: Redis, limits: RateLimits = LIMITS, *, enforced: bool = True) -> None:
        self._limits = limits
        self._enforced = enforced
        shared = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="edutrack:limits",
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]
        )
        self._shared = MovingWindowRateLimiter(shared)
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._outage = Outage("Redis", "each process counts sign-ins for itself")
        self._ask_redis_from = 0.0

    async def check(self, action: Action, address: str, account: str) -> None:
        """Count an attempt. `account` is a caseless name, of an account or not.

        Raises:
            TooManyRequests: of this address, or on this account.

        """
        if not self._enforced:
            return
        await self._count(action, "address", address)
        await self._count(action, "account", account)

    async def _count(self, action: Action, kind: Literal["address", "account"], who: str) -> None:
        limit = RateLimitItemPerMinute(getattr(self._limits, f"{action}_of_{kind}"))
        wait = await self._seconds_to_wait(limit, (action, kind, hashlib.sha256(who.encode()).hexdigest()))
        if wait:
            raise TooManyRequests(TOO_OFTEN, retry_after=wait)

    async def _seconds_to_wait(self, limit: RateLimitItem, key: tuple[str, ...]) -> int:
        now = asyncio.get_running_loop().time()
        if now >= self._ask_redis_from:
            try:
                wait = await _hit(self._shared, limit, key)
            except RedisError as error:
                self._ask_redis_from = now + self._limits.ask_redis_again_after
                self._outage.noticed(error)
            else:
                self._outage.over()
                return wait
        return await _hit(self._own, limit, key)


async def _hit(counter: MovingWindowRateLimiter, limit: RateLimitItem, key: tuple[str, ...]) -> int:
    """Count one attempt; return the seconds to wait before the next one where it is one too many."""
    if await counter.hit(limit, *key):
        return 0
    stats = await counter.get_window_stats(limit, *key)
    return max(1, math.ceil(stats.reset_time - time.time()))


@asynccontextmanager
async def open_limiter(state: State) -> AsyncIterator[Limiter]:
    """Open the limiter of a process; in development it lets everybody through."""
    yield Limiter(state.redis, enforced=state.settings.env != "development")
