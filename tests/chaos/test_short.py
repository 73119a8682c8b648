"""The most telling faults under load, on a stack of their own; `make chaos` injects all of them."""

from pathlib import Path

import pytest

from tests.chaos.__main__ import DEFAULT_SEED
from tests.chaos.faults import FAULTS
from tests.chaos.runner import run
from tests.chaos.stage import stage_in

pytestmark = [pytest.mark.serial, pytest.mark.e2e]


@pytest.mark.timeout(600)  # on a busy machine servers take long to come back, each within a limit of its own
def test_nothing_is_lost_and_nothing_counted_twice_whatever_dies(tmp_path: Path) -> None:
    (logs := tmp_path / "logs").mkdir()
    faults = [fault for fault in FAULTS if fault.short]
    with stage_in(tmp_path, logs) as stage:
        outcomes = list(run(stage, faults, logs, DEFAULT_SEED))
    assert {outcome.fault: outcome.broken for outcome in outcomes if outcome.broken} == {}
    assert min(outcome.accepted for outcome in outcomes) > 0
