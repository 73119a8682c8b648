"""One fault after the other: a lesson, harm, the heal, and what is left of the promises."""

import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from events.topology import PROGRESS
from stack.waiting import poll
from tests.chaos.fault import Fault, Scene
from tests.chaos.invariants import (
    RECOVERY_SECONDS,
    Evidence,
    applied,
    broken,
    lost,
    read_stored,
    take_dead_letters,
)
from tests.chaos.keeper import WORKERS
from tests.chaos.ledger import Ledger, Outcome
from tests.chaos.load import Lesson, Student
from tests.chaos.stage import Stage

log = logging.getLogger(__name__)

WARM_SECONDS = 1.0
SETTLE_SECONDS = 30
ACKNOWLEDGE_SECONDS = 10
REFUSED_AT_MOST = 0.01
"""Of the attempts, under a fault that need not stop events from being accepted."""
TABLES = "progress_events, players, progress, attendance, outbox"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A row of the table: counts of events but for `attempts` and `refused`, which are requests; seconds."""

    fault: str
    attempts: int
    refused: int
    sent: int
    accepted: int
    during: int
    """Accepted between the beginning of the fault and its heal."""
    applied: int
    duplicates: int
    """Sent beyond the first time."""
    lost: int
    poison: int
    deaths: int
    slowest: float
    lasted: float
    recovered: float | None
    memory_mb: dict[str, int]
    broken: dict[str, str]


def run(stage: Stage, faults: Sequence[Fault], folder: Path, seed: int) -> Iterator[Outcomes]:
    """Inject each fault under load and judge what came of it."""
    for fault in faults:
        yield _inject(stage, fault, folder, seed)


def _inject(stage: Stage, fault: Fault, folder: Path, seed: int) -> Outcomes:
    log.info("%s", fault.name)
    stage.come_to_rest()
    stage.query(f"TRUNCATE {TABLES}")
    stage.keeper.deaths.clear()
    stage.hurt.clear()
    pids = stage.pids()
    slug = re.sub(r"\W+", "-", fault.name.lower()).strip("-")
    ledger = Ledger(folder / f"{slug}.ledger.jsonl")
    students = stage.students(fault.load.students)
    lesson = Lesson(students, ledger, fault.load, seed)
    scene = Scene(stage, lesson, ledger, students, [])
    with lesson.going_on():
        time.sleep(WARM_SECONDS)
        began = time.monotonic()
        try:
            fault.inject(scene)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported and the other faults follow
            scene.problems.append(f"the fault broke off: {error!r}")
        healed = time.monotonic()
        recovered = _recovery(stage, ledger, healed)
        memory = {name: size // 1_000_000 for name, size in stage.keeper.resident_bytes().items()}
    during = ledger.accepted_between(began, healed)
    if fault.accepting:
        scene.problems.extend(_refusals(ledger, during))
    ended = {name for name, pid in stage.pids().items() if pid != pids[name]} - stage.hurt
    scene.problems.extend(f"{name} ended by itself" for name in sorted(ended))
    evidence = _settle(stage, fault, students, ledger, recovered, scene.problems)
    return _outcomes(fault, evidence, during, healed - began, memory)


def _refusals(ledger: Ledger, during: int) -> Iterator[str]:
    """Yield what is wrong where events had to be accepted while the fault lasted."""
    refused, attempts = ledger.count(Outcome.REFUSED), len(ledger.answers)
    if not during:
        yield "nothing was accepted while the fault lasted"
    if refused > REFUSED_AT_MOST * attempts:
        yield f"{refused} of {attempts} attempts were refused"


def _recovery(stage: Stage, ledger: Ledger, healed: float) -> float | None:
    """Wait until all that was accepted before the heal and something accepted after it is applied."""
    before = ledger.accepted()

    def flows() -> bool:
        after = ledger.accepted_after(healed)
        if not after:
            return False
        found = stage.logged()
        return before <= found and bool(after & found) and stage.reads()

    return time.monotonic() - healed if poll(flows, seconds=RECOVERY_SECONDS) else None


def _settle(
    stage: Stage,
    fault: Fault,
    students: Sequence[Student],
    ledger: Ledger,
    recovered: float | None,
    problems: Sequence[str],
) -> Evidence:
    def consumers() -> int:
        return stage.depths()[PROGRESS.name][1]

    def settled() -> bool:
        return ledger.accepted() <= stage.logged() and consumers() == len(WORKERS) and not stage.waiting()

    poll(settled, seconds=SETTLE_SECONDS)
    poll(lambda: not stage.messages(), seconds=ACKNOWLEDGE_SECONDS)
    verified = stage.processes.run("verify")
    return Evidence(
        ledger=ledger,
        load=fault.load,
        stored=read_stored(stage, [student.user_id for student in students]),
        verify=verified.stdout[:500] + verified.stderr[-500:] if verified.returncode else "",
        dead_letters=take_dead_letters(stage),
        messages=stage.messages(),
        consumers=consumers(),
        outbox=stage.waiting(),
        deaths=list(stage.keeper.deaths),
        recovered=recovered,
        problems=list(problems),
    )


def _outcomes(
    fault: Fault, evidence: Evidence, during: int, lasted: float, memory: dict[str, int]
) -> Outcomes:
    ledger = evidence.ledger
    sent = len(ledger.entries)
    answered = [answer.seconds for answer in ledger.answers if answer.outcome is not Outcome.UNREACHABLE]
    return Outcomes(
        fault=fault.name,
        attempts=len(ledger.answers),
        refused=ledger.count(Outcome.REFUSED),
        sent=sent,
        accepted=len(ledger.accepted()),
        during=during,
        applied=len(applied(evidence)),
        duplicates=sum(entry.copies for entry in ledger.entries.values()) - sent,
        lost=len(lost(evidence)),
        poison=len(ledger.poison),
        deaths=len(evidence.deaths),
        slowest=round(max(answered, default=0.0), 2),
        lasted=round(lasted, 1),
        recovered=None if evidence.recovered is None else round(evidence.recovered, 1),
        memory_mb=memory,
        broken=broken(evidence),
    )
