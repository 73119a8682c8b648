"""Accepting what players report, and waiting for what became of it. Raises `core.errors`; commits nothing."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.progress import batch, queries
from api.progress.answers import applied, stored
from api.progress.intake import Receipt, choose_event_id, clock_correction, read_events
from api.progress.known_videos import KnownVideos
from api.progress.preferences import Preferences
from api.progress.schemas import (
    Accepted,
    AppliedAnswer,
    BatchRequest,
    PlainBatch,
    PlainReport,
    ProgressRequest,
    WatchedRecord,
)
from core.clock import Clock
from core.coverage import Seen, seen_of_video
from core.database import AWAY
from core.errors import BadRequest, Conflict, NotFound, Unavailable
from core.metrics import EVENTS_REFUSED
from core.policy import Policy
from events.acceptance import Acceptance
from events.replies import Replies
from events.schemas import Applied, Event
from events.submissions import PublishFailed


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request waits for others before it gives up on them."""

    record: timedelta = timedelta(seconds=2)
    """For the record, from receipt on."""
    videos: timedelta = timedelta(seconds=1)
    retry_after: int = 2
    """Seconds after which somebody who was refused may try again."""


PATIENCE = Patience()

NOT_STORED = "the event could not be stored: send it again, with the same event_id"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where reports are handed in. Needs the database only for a video it has not heard of."""

    acceptance: Acceptance
    replies: Replies
    videos: KnownVideos
    policy: Policy
    clock: Clock
    patience: Patience = PATIENCE

    async def report(
        self,
        request: ProgressRequest | PlainReport,
        idempotency_key: str | None,
        user_id: int,
        preferences: Preferences,
    ) -> AppliedAnswer | Accepted:
        """Make a report durable and answer with the record it led to, or without where that takes too long.

        Raises:
            BadRequest: it makes no sense.
            NotFound: there is no such video.
            Conflict: the worker refused it.
            Unavailable: nothing was accepted.

        """
        try:
            receipt = self._receipt(user_id, request.sent_at)
            event_id = choose_event_id(request.event_id, idempotency_key, uuid4)
            events = read_events(request, event_id, receipt)
        except BadRequest:
            EVENTS_REFUSED.inc()
            raise
        if await self._missing({request.video_id}):
            EVENTS_REFUSED.inc()
            raise NotFound(batch.UNKNOWN_VIDEO)
        answer = await self._accept_and_wait(events, preferences.wait)
        if answer is not None and answer.outcome == "rejected":
            raise Conflict(answer.detail or "the event was refused")
        if answer is None or answer.record is None:
            return Accepted(event_id)
        return applied(answer.record, event_id, receipt.zone, duplicate=answer.outcome == "duplicate")

    async def report_batch(self, request: BatchRequest | PlainBatch, user_id: int) -> list[batch.Verdict]:
        """Judge every event by itself and make the accepted ones durable, all at once.

        Raises:
            BadRequest: too many events, or a `sent_at` that cannot be read.
            Unavailable: nothing was accepted.

        """
        try:
            judged = batch.judge(request.events, self._receipt(user_id, request.sent_at), uuid4)
        except BadRequest:
            EVENTS_REFUSED.inc(len(request.events))
            raise
        missing = await self._missing({event.video_id for one in judged for event in one.events})
        judged = [one.unless_missing(missing) for one in judged]
        good = [one.events for one in judged if one.events]
        if good:
            await self._accept([*chain.from_iterable(good)])
        if len(good) < len(judged):
            EVENTS_REFUSED.inc(len(judged) - len(good))
        return [one.result() for one in judged]

    def _receipt(self, user_id: int, sent_at: str | None) -> Receipt:
        received_at = self.clock()
        return Receipt(
            user_id=user_id,
            received_at=received_at,
            zone=self.policy.zone,
            late_days=self.policy.late_days,
            correction=clock_correction(sent_at, received_at),
        )

    async def _missing(self, video_ids: Collection[int]) -> set[int]:
        if self.videos.know(video_ids):
            return set()
        try:
            async with asyncio.timeout(self.patience.videos.total_seconds()):
                return await self.videos.missing(video_ids)
        except AWAY as error:
            raise Unavailable(
                "it cannot be looked up now whether this video exists: try again soon",
                retry_after=self.patience.retry_after,
            ) from error

    async def _accept(self, events: Sequence[Event], *, awaited: bool = False) -> bool:
        """Make events durable; return whether an answer may come."""
        try:
            return await self.acceptance.accept(events, awaited=awaited)
        except PublishFailed as error:
            raise Unavailable(
                NOT_STORED,
                retry_after=self.patience.retry_after,
            ) from error

    async def _accept_and_wait(self, events: Sequence[Event], wait: timedelta) -> Applied | None:
        """Return what became of the last event, or None if that is not known in time.

        While the workers are behind nobody waits, but answers are still asked for: they tell when it is over.
        """
        if not wait:
            await self._accept(events)
            return None
        give_up_at = asyncio.get_running_loop().time() + wait.total_seconds()
        key = (events[-1].user_id, events[-1].event_id)
        lagging = self.replies.lagging
        expectation = self.replies.expect(key)
        try:
            heard = await self._accept(events, awaited=expectation is not None)
        except Unavailable:
            self.replies.give_up(key)
            raise
        if not heard:
            self.replies.give_up(key)
        if expectation is None or lagging or not heard:
            return None
        left = give_up_at - asyncio.get_running_loop().time()
        await asyncio.wait({expectation.answer}, timeout=max(0.0, left))
        return expectation.answer.result() if expectation.answer.done() else None


async def history(
    session: AsyncSession,
    videos: KnownVideos,
    user_id: int,
    video_id: int,
    policy: Policy,
    *,
    first: date | None,
    last: date | None,
    before: date | None,
    limit: int,
) -> list[WatchedRecord]:
    """Return a user's records on a video, newest first.

    Raises:
        NotFound: there is no such video.

    """
    if await videos.missing({video_id}):
        raise NotFound(batch.UNKNOWN_VIDEO)
    rows = await queries.history(
        session, user_id, video_id, first=first, last=last, before=before, limit=limit
    )
    seen = await seen_of_video(session, user_id, video_id) if rows else Seen()
    return [stored(row, seen, policy.zone) for row in rows]
