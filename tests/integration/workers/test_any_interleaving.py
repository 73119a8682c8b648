"""Batches, redeliveries, crashes at any step, rebuilds and prunes, in any order: the rows are those of the fold.

A run draws its seed anew and prints it where it fails. `pytest --hypothesis-profile=long` searches for longer.
"""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from core.calendar import local_date
from core.database import Sessions, make_engine, make_sessions
from core.policy import Overlap, Policy
from core.settings import Settings
from core.tables import ProgressEvent
from events.schemas import Applied
from tests import oracle
from tests.histories import by_oracle, event_of, policy_of
from tests.integration.workers.crashes import Crashing, How, When
from tests.integration.workers.school import differences, since, start_over, stored_rows, until
from tests.strategies import MAX_FACTS, histories
from workers.watch_time.boundary import kept_from
from workers.watch_time.prune import prune
from workers.watch_time.rebuild import rebuild
from workers.watch_time.scope import Scope, survey
from workers.watch_time.service import WatchTime

MOST_STEPS = 30
NOON, HOUR = datetime(2025, 6, 12, 12, tzinfo=UTC), timedelta(hours=1)
LONG = hypothesis_settings.get_current_profile_name() == "long"
SHORT = hypothesis_settings(
    max_examples=30,
    stateful_step_count=12,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

Key = tuple[int, UUID]
numbers = st.integers(0, MAX_FACTS - 1)
batches = st.lists(numbers, min_size=1, max_size=10)
steps = st.one_of(st.integers(0, MOST_STEPS), st.integers(0, MOST_STEPS), st.none())
hows = st.sampled_from(How)
offsets = st.integers(-1, 4)
scopes = st.tuples(st.sampled_from([(), (1,), (2, 3)]), st.one_of(st.none(), offsets), st.integers(0, 2))


@dataclass
class World:
    """A database, a way to break what is done to it, and a loop to do it on."""

    loop: asyncio.AbstractEventLoop
    crashing: Crashing
    watched: Sessions

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)


@dataclass
class Model:
    """What must be so: every event that was ever applied, and the rows of days that are pruned."""

    policy: Policy
    facts: Sequence[oracle.Fact]
    applied: dict[Key, oracle.Fact] = field(default_factory=dict)
    logged: set[Key] = field(default_factory=set)
    before: date = date.min
    frozen: tuple[dict[Any, Any], dict[Any, Any]] = field(default_factory=lambda: ({}, {}))

    def day(self, fact: oracle.Fact) -> date:
        return local_date(fact.at, self.policy.zone)

    def is_open(self, fact: oracle.Fact) -> bool:
        return self.day(fact) >= self.before

    def due(self) -> list[dict[Any, Any]]:
        rows = by_oracle(list(self.applied.values()), self.policy)
        return [self.frozen[table] | since(self.before, rows[table]) for table in (0, 1)]

    def batch(self, chosen: Sequence[int]) -> list[oracle.Fact]:
        """Return facts by number, but for repeats that the log cannot know: of a pruned id, on an open day."""
        facts = [self.facts[number % len(self.facts)] for number in chosen]
        return [
            fact
            for fact in facts
            if key(fact) not in self.applied or key(fact) in self.logged or not self.is_open(fact)
        ]


def key(thing: oracle.Fact | Applied) -> Key:
    return thing.user_id, thing.event_id


class Classroom(RuleBasedStateMachine):
    world: ClassVar[World]
    model: Model

    @initialize(history=histories(), overlap=st.sampled_from(Overlap))
    def begin(self, history: tuple[ZoneInfo, list[oracle.Fact]], overlap: Overlap) -> None:
        zone, facts = history
        self.model = Model(policy_of(zone, overlap), facts)
        self.undelivered: list[list[int]] = []
        self.world.run(start_over(self.world.watched, self.model.policy))

    @rule(chosen=batches, step=steps, how=hows)
    def deliver(self, chosen: list[int], step: int | None, how: How) -> None:
        self._deliver([chosen], step, how)

    @rule(chosen=batches, other=batches, step=steps, how=hows)
    def deliver_to_two_workers(self, chosen: list[int], other: list[int], step: int | None, how: How) -> None:
        self._deliver([chosen, other], step, how)

    @rule(step=steps, how=hows)
    def redeliver(self, step: int | None, how: How) -> None:
        """No precondition: what crashed may depend on timing, what is drawn must not."""
        if self.undelivered:
            self._deliver([self.undelivered.pop(0)], step, how)

    @rule(chosen=batches, drawn=scopes, step=steps, how=hows)
    def deliver_while_rows_are_rebuilt(
        self, chosen: list[int], drawn: tuple[tuple[int, ...], int | None, int], step: int | None, how: How
    ) -> None:
        self._deliver([chosen], step, how, self._rebuilding(drawn))

    @rule(drawn=scopes, step=steps, how=hows)
    def rebuild(self, drawn: tuple[tuple[int, ...], int | None, int], step: int | None, how: How) -> None:
        self._crash(step, how, self._rebuilding(drawn))
        self._look()

    @rule(offset=offsets, step=steps, how=hows)
    def prune(self, offset: int, step: int | None, how: How) -> None:
        model, before = self.model, self._a_day(offset)
        if before < model.before:
            return
        rows = self.world.run(stored_rows(self.world.watched))

        async def work() -> None:
            async for _ in prune(self.world.crashing.sessions, model.policy, before):
                pass

        when = self._crash(step, how, work)
        reached = self.world.run(survey(self.world.watched)).boundary.before
        assert reached == before or (when is not None and reached == model.before)
        model.frozen = until(reached, rows[0]), until(reached, rows[1])
        model.before = reached
        self._look()

    @invariant()
    def rows_are_those_of_the_fold_and_verify_finds_nothing(self) -> None:
        if hasattr(self, "model"):
            assert list(self.world.run(stored_rows(self.world.watched))) == self.model.due()
            assert not self.world.run(differences(self.world.watched, self.model.policy))

    def teardown(self) -> None:
        while getattr(self, "undelivered", []):
            self._deliver([self.undelivered.pop(0)], None, How.RAISED)
            self.rows_are_those_of_the_fold_and_verify_finds_nothing()

    def _deliver(
        self, drawn: Sequence[list[int]], step: int | None, how: How, *beside: Callable[[], Awaitable[None]]
    ) -> None:
        batches = [self.model.batch(chosen) for chosen in drawn]
        answers: list[Applied] = []
        jobs = [self._applying(batch, answers) for batch in batches if batch]
        when = self._crash(step, how, *jobs, *beside)
        known = set(self.model.applied)
        new = self._look([fact for batch in batches for fact in batch])
        takes = {key(fact) for batch in batches for fact in batch if self.model.is_open(fact)} - known
        if when is None:
            assert new == takes
            assert sorted(key(answer) for answer in answers if answer.outcome == "applied") == sorted(new)
            return
        self.undelivered += drawn
        if len(jobs) == 1 and not beside:
            assert (when is not When.BEFORE_COMMIT and new == takes) or (
                when is not When.AFTER_COMMIT and not new
            )

    def _applying(
        self, batch: Sequence[oracle.Fact], answers: list[Applied]
    ) -> Callable[[], Awaitable[None]]:
        watch_time = WatchTime(self.world.crashing.sessions, self.model.policy)

        async def work() -> None:
            answers.extend(await watch_time.apply([event_of(fact) for fact in batch]))

        return work

    def _rebuilding(self, drawn: tuple[tuple[int, ...], int | None, int]) -> Callable[[], Awaitable[None]]:
        users, offset, days = drawn
        scope = Scope(users)
        if offset is not None:
            first = self._a_day(offset)
            scope = Scope(users, first, first + timedelta(days=days))

        async def work() -> None:
            async for _ in rebuild(self.world.crashing.sessions, self.model.policy, scope):
                pass

        return work

    def _a_day(self, offset: int) -> date:
        return min(map(self.model.day, self.model.facts)) + timedelta(days=offset)

    def _crash(self, step: int | None, how: How, *jobs: Callable[[], Awaitable[Any]]) -> When | None:
        return self.world.run(self.world.crashing.run(step, how, *jobs))  # type: ignore[no-any-return]

    def _look(self, offered: Sequence[oracle.Fact] = ()) -> set[Key]:
        """Learn what is in the log now; return what is new, which must have been offered, and never before."""
        model = self.model
        logged = {key(fact): fact for fact in self.world.run(read_log(self.world.watched))}
        new = logged.keys() - model.logged
        for name in new:
            assert logged[name] in offered
            assert name not in model.applied, "it was applied before, and counts again"
            model.applied[name] = logged[name]
        for name in model.logged - logged.keys():
            assert model.before > date.min
            assert model.applied[name].at < kept_from(model.before, model.policy.zone)
        model.logged = set(logged)
        return new


async def read_log(sessions: Sessions) -> list[oracle.Fact]:
    kinds: dict[int, Literal["pause", "heartbeat", "play"]] = {0: "pause", 1: "heartbeat", 2: "play"}
    async with sessions.begin() as session:
        return [
            oracle.Fact(
                row.event_id,
                row.user_id,
                row.video_id,
                row.session_id,
                kinds[row.kind],
                row.occurred_at,
                row.claimed_seconds,
            )
            for row in await session.scalars(select(ProgressEvent))
        ]


@pytest.fixture
def world(school: Sessions, settings: Settings, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    caplog.set_level("CRITICAL", logger="sqlalchemy.pool")  # it reports every connection that is cut
    loop = asyncio.new_event_loop()
    breaking, watched = (make_engine(settings, application=f"edutrack-tests-{n}") for n in range(2))
    yield World(loop, Crashing(breaking), make_sessions(watched))
    for engine in (breaking, watched):
        loop.run_until_complete(engine.dispose())
    loop.close()


@pytest.mark.timeout(0 if LONG else 600)  # where it fails, finding a small example takes minutes
def test_whatever_happens_in_between_the_rows_are_those_of_the_fold(
    world: World, pytestconfig: pytest.Config
) -> None:
    given = pytestconfig.getoption("hypothesis_seed")
    number = int(given) if given else secrets.randbelow(2**32)
    sys.stdout.write(f"--hypothesis-seed={number}\n")
    machine = seed(number)(type("Seeded", (Classroom,), {"world": world}))
    run_machine(machine, settings=hypothesis_settings() if LONG else SHORT)


def play(number: int, user: int, at: datetime) -> oracle.Fact:
    return oracle.Fact(UUID(int=number), user, 1, "", "play", at, None)


def pause(number: int, user: int, at: datetime) -> oracle.Fact:
    return oracle.Fact(UUID(int=number), user, 1, "", "pause", at, 60)


@pytest.mark.parametrize("how", How)
def test_a_crash_at_each_step_of_a_batch_is_all_or_nothing_and_mended_by_its_return(
    world: World, how: How
) -> None:
    """The batch goes on in order for one user, is folded again for another, and repeats what was applied."""
    first = [pause(1, 1, NOON), play(2, 2, NOON), play(3, 2, NOON + HOUR)]
    batch = [play(4, 1, NOON + HOUR), pause(5, 2, NOON + timedelta(minutes=1)), first[0]]
    policy = Policy()
    watch_time = WatchTime(world.crashing.sessions, policy)
    seen: list[When | None] = []
    while None not in seen:
        world.run(start_over(world.watched, policy))
        world.run(watch_time.apply([event_of(fact) for fact in first]))

        async def deliver() -> None:
            await watch_time.apply([event_of(fact) for fact in batch])

        when = world.run(world.crashing.run(len(seen), how, deliver))
        seen.append(when)
        logged = world.run(read_log(world.watched))
        assert len(logged) in {When.BEFORE_COMMIT: [3], When.DURING_COMMIT: [3, 5]}.get(when, [5])
        for again in (False, True):
            if again:
                world.run(deliver())
                logged = [*first, *batch]
            assert world.run(stored_rows(world.watched)) == by_oracle(logged, policy)
            assert not world.run(differences(world.watched, policy))
    assert seen.count(When.BEFORE_COMMIT) > 30
    assert seen[-3:] == [When.DURING_COMMIT, When.AFTER_COMMIT, None]
