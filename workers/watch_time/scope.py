"""Whose rows, and of which days, are looked at anew; and in which portions, so that memory stays flat."""

from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from core.database import Sessions
from core.errors import Conflict, NotFound
from workers.watch_time import log
from workers.watch_time.boundary import Boundary, load_boundary
from workers.watch_time.refold import Days, Window

_Whole = TypeVar("_Whole", bound=Hashable)

PORTION_USERS = 200
PORTION_EVENTS = 20_000
"""A portion is one transaction, half a second in which its users wait. One user may exceed it alone."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Some users, or all where none is named, and local dates, both included."""

    user_ids: Collection[int] = ()
    first: date = date.min
    last: date = date.max

    def days(self, user_id: int) -> Days:
        return Days(user_id, self.first, self.last)


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Survey:
    """How many users a scope has, and up to where the log is pruned."""

    users: int
    boundary: Boundary


async def survey(sessions: Sessions, scope: Scope = EVERYTHING) -> Survey:
    """Look at what a scope holds before it is worked on.

    Raises:
        NotFound: a user of the scope does not exist.
        Conflict: all its days are pruned.

    """
    async with sessions.begin() as session:
        boundary = await load_boundary(session)
        wanted = set(scope.user_ids)
        missing = wanted - await log.existing_users(session, wanted)
        users = len(wanted) or await log.count_users(session)
    if missing:
        raise NotFound(f"there is no user {', '.join(map(str, sorted(missing)))}")
    if scope.last < boundary.before:
        raise Conflict(f"the log is pruned before {boundary.before}: rows of earlier days stay as they are")
    return Survey(users, boundary)


async def portions(
    sessions: Sessions, user_ids: Collection[int], window: Callable[[int], Window]
) -> AsyncGenerator[list[int]]:
    """Yield some users, or all, in ascending order; of each, the events in its window will be looked at."""
    async for some in _users(sessions, user_ids):
        async with sessions.begin() as session:
            sizes = await log.sizes(session, [window(user_id) for user_id in some])
        for portion in cut(some, {window.user_id: size for window, size in sizes.items()}):
            yield portion


def cut(
    wholes: Iterable[_Whole], sizes: Mapping[_Whole, int], limit: int = PORTION_EVENTS
) -> Iterator[list[_Whole]]:
    """Cut a list of users, or of windows, so that no piece holds more than `limit` events, unless alone."""
    piece: list[_Whole] = []
    held = 0
    for whole in wholes:
        size = sizes.get(whole, 0)
        if piece and held + size > limit:
            yield piece
            piece, held = [], 0
        piece.append(whole)
        held += size
    if piece:
        yield piece


async def _users(sessions: Sessions, user_ids: Collection[int]) -> AsyncGenerator[list[int]]:
    if user_ids:
        wanted = sorted(set(user_ids))
        for first in range(0, len(wanted), PORTION_USERS):
            yield wanted[first : first + PORTION_USERS]
        return
    last = 0
    while True:
        async with sessions.begin() as session:
            portion = await log.users_after(session, last, PORTION_USERS)
        if not portion:
            return
        yield portion
        last = portion[-1]
