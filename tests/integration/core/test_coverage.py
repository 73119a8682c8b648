"""What was seen of a video: the statement against an independent reading of its rule, also over a pruning."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from core.coverage import Seen, keep_seen, seen_of_course, seen_of_video
from core.database import Sessions
from core.tables import Coverage, ProgressEvent, Video
from tests.people import add_students, add_videos

NOON = datetime(2025, 6, 12, 12, tzinfo=UTC)
KINDS = {"pause": 0, "heartbeat": 1, "play": 2}


@dataclass(frozen=True)
class Step:
    """An event so many seconds after the one before."""

    kind: Literal["play", "pause", "heartbeat"]
    after: int
    position: float | None = None
    claimed: int | None = None
    rate: float | None = None


@dataclass
class Reading:
    """The rule, read slowly: what is seen are milliseconds, one by one in steps of a quarter of a second."""

    seen: set[int] = field(default_factory=set)
    position: float | None = None

    def add(self, start: float, end: float) -> None:
        self.seen |= set(range(round(4 * max(0.0, start)), round(4 * end)))

    def read(self, steps: list[Step]) -> "Reading":
        before: Step | None = None
        for step in in_order(steps):
            if step.position is not None:
                self.position = step.position
            self._step(before, step)
            before = step
        return self

    def _step(self, before: Step | None, step: Step) -> None:
        speed = (before.rate if before else None) or step.rate or 1
        if before is None or before.kind == "pause":
            if step.kind == "pause" and step.position is not None:
                claimed = step.claimed or 0
                played = claimed if before is None else min(claimed, step.after)
                self.add(step.position - played * speed, step.position)
            return
        if step.kind == "play" or step.after > (
            43_200 if (before.kind, step.kind) == ("play", "pause") else 120
        ):
            return
        played = step.after if step.claimed is None else min(step.after, step.claimed)
        reach = played * speed
        if reach == 0:
            return
        a, b = before.position, step.position
        if a is not None:
            plausible = b is not None and a <= b <= a + reach + 2
            self.add(a, b if b is not None and plausible else a + reach)
        elif b is not None:
            self.add(b - reach, b)


def in_order(steps: list[Step]) -> list[Step]:
    """Return steps as the log is read: of one instant pauses first, then heartbeats, then plays."""
    told = zip(accumulate(step.after for step in steps), steps, strict=True)
    found, before = [], 0
    for at, step in sorted(told, key=lambda one: (one[0], KINDS[one[1].kind])):
        found.append(replace(step, after=at - before))
        before = at
    return found


steps = st.builds(
    Step,
    st.sampled_from(("play", "pause", "heartbeat", "heartbeat")),
    st.sampled_from((0, 1, 10, 30, 119, 120, 121, 600)),
    st.one_of(st.none(), st.integers(0, 2400).map(lambda quarter: quarter / 4)),
    st.none(),
    st.sampled_from((None, None, 0.5, 1.0, 2.0)),
) | st.builds(
    Step,
    st.just("pause"),
    st.sampled_from((1, 30, 600)),
    st.integers(0, 2400).map(lambda quarter: quarter / 4),
    st.sampled_from((0, 10, 60, 900)),
)


@pytest.fixture
async def school(sessions: Sessions) -> Sessions:
    """Two students and two videos, of which one is 300 s long and the other of unknown length."""
    async with sessions.begin() as session:
        await add_students(session, 2)
        await add_videos(session, 2)
        await session.execute(update(Video).where(Video.id == 2).values(duration_seconds=300))
    return sessions


async def log(sessions: Sessions, told: list[Step], user_id: int = 1, video_id: int = 1) -> None:
    at, rows = NOON, []
    for number, step in enumerate(told, start=1):
        at += timedelta(seconds=step.after)
        rows.append(
            {
                "user_id": user_id,
                "event_id": UUID(int=100 * video_id + number),
                "video_id": video_id,
                "kind": KINDS[step.kind],
                "occurred_at": at,
                "claimed_seconds": step.claimed,
                "position_seconds": step.position,
                "playback_rate": step.rate,
                "received_at": at,
            }
        )
    async with sessions.begin() as session:
        await session.execute(insert(ProgressEvent), rows)


async def start_over(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(ProgressEvent))
        await session.execute(delete(Coverage))


async def seen(sessions: Sessions, user_id: int = 1, video_id: int = 1) -> Seen:
    async with sessions.begin() as session:
        return await seen_of_video(session, user_id, video_id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([Step("play", 0, 1.0), Step("play", 0, 2.0)])
@example([Step("play", 0, 0.0), Step("heartbeat", 120, 120.0), Step("heartbeat", 121, 241.0)])
@given(st.lists(steps, min_size=1, max_size=8))
async def test_what_is_seen_is_what_the_rule_says(school: Sessions, told: list[Step]) -> None:
    await start_over(school)
    await log(school, told)
    reading = Reading().read(told)
    found = await seen(school)
    assert found.unique_seconds == len(reading.seen) / 4
    assert found.position_seconds == reading.position
    async with school.begin() as session:
        await keep_seen(session, [1])
        await keep_seen(session, [1])
    assert await seen(school) == found, "what is kept is in the log too"
    async with school.begin() as session:
        await session.execute(delete(ProgressEvent))
    assert await seen(school) == found, "the log may go"


WATCHED = [Step("play", 0, 0.0), Step("heartbeat", 60, 60.0), Step("pause", 60, 120.0)]
AGAIN = [Step("play", 0, 90.0), Step("pause", 60, 150.0)]
JUMPED = [Step("play", 0, 0.0), Step("heartbeat", 30, 500.0), Step("pause", 30, 530.0)]


@pytest.mark.parametrize(
    ("told", "unique"),
    [
        (WATCHED, 120),
        (WATCHED + AGAIN, 150),
        (JUMPED, 60),
        ([Step("play", 0, 0.0, rate=2.0), Step("pause", 60, 120.0)], 120),
        ([Step("play", 0, 0.0), Step("pause", 600, 600.0, claimed=60)], 60),
        ([Step("play", 0), Step("pause", 600)], 0),
        ([Step("play", 0, float("nan")), Step("pause", 60, 1e300)], 0),
    ],
)
async def test_some_watching_adds_up_to_so_much_seen(school: Sessions, told: list[Step], unique: int) -> None:
    await log(school, told)
    assert (await seen(school)).unique_seconds == unique


async def test_nothing_is_seen_beyond_the_end_and_a_course_is_the_sum_of_its_videos(school: Sessions) -> None:
    await log(school, [Step("play", 0, 250.0), Step("pause", 100, 350.0)], video_id=2)
    await log(school, WATCHED)
    assert (await seen(school, video_id=2)).unique_seconds == 50
    async with school.begin() as session:
        assert await seen_of_course(session, [1, 2], [1, 2]) == {1: 170}
    assert await seen(school, user_id=2) == Seen()
