"""The benchmarks measure something true: what is counted as accepted is in the log, and the rows fit it."""

import os
import subprocess
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bench import database, school_year
from bench.consumer import BASELINE, drain
from bench.history import add_history
from bench.load import Load
from bench.stage import Site, Stage, gateway, running, worker
from core.clock import utc_now
from stack.programs import edutrack
from stack.servers import Servers
from stack.waiting import poll

pytestmark = pytest.mark.e2e

STUDENTS = 40
HISTORY = 2_000
SECONDS = 2
ALONE = Load(rate=100, connections=8)
_SCHOOL_DAYS = "SELECT count(*) AS n FROM closed_days WHERE is_school_day AND date >= $1"
_PLACES = "SELECT count(*) AS n FROM roll WHERE user_id = $1"
_UNLIKE = """
SELECT a.user_id FROM attendance a WHERE total_time <> (
    SELECT sum(watch_time) FROM progress p WHERE p.user_id = a.user_id AND p.date = a.date)
"""
TOGETHER = Load("/progress/batch", events=50, rate=10, connections=4)


@pytest.fixture(scope="module")
def stage(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder, logs = tmp_path_factory.mktemp("sites"), tmp_path_factory.mktemp("logs")
    return Stage(servers, folder, logs)


def make_site(stage: Stage, name: str) -> Site:
    return stage.site(f"bench_{name}_{os.getpid()}", students=STUDENTS, senders=range(1, STUDENTS + 1))


def logged(site: Site) -> int:
    return int(database.ask(site.database_url, "SELECT count(*) AS n FROM progress_events")[0]["n"])


def test_what_the_load_generator_counts_is_what_the_worker_logs_and_every_row_fits(stage: Stage) -> None:
    site = make_site(stage, "load")
    add_history(site, STUDENTS, HISTORY)
    with gateway(site) as served:
        alone = site.students.send(ALONE, served.url, SECONDS)
        together = site.students.send(TOGETHER, served.url, SECONDS)
    assert alone.accepted > 0
    assert together.accepted > 0
    assert alone.refused == alone.broken == together.refused == together.broken == 0
    wanted = HISTORY + alone.accepted + together.accepted * TOGETHER.events
    with running(site, "worker", worker()):
        poll(lambda: logged(site) >= wanted, seconds=30)
    assert logged(site) == wanted
    verified = subprocess.run(
        edutrack("verify"), env=dict(site.environment), capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize(
    ("name", "command", "events"),
    [("ours", worker(), 10_000), ("theirs", BASELINE, 500)],
    ids=["ours", "theirs"],
)
def test_a_drained_backlog_is_in_the_log(
    stage: Stage, name: str, command: Sequence[str], events: int
) -> None:
    site = make_site(stage, name)
    sample = drain(stage, site, command, (1, 10, 50), events)
    assert logged(site) == events
    assert 0 < sample.events < events
    assert sample.cpu["worker"] > 0


def test_in_a_school_of_a_year_totals_are_right_and_everybody_is_on_the_rolls_of_their_days(
    stage: Stage,
) -> None:
    today = utc_now().date()
    site = stage.site(f"bench_year_{os.getpid()}", students=school_year.OF_YEAR, senders=range(1, 2))
    school_year.furnish(site, today, school_year.OF_YEAR)
    assert database.ask(site.database_url, _UNLIKE) == []
    for student, days in ((1, school_year.MONTH), (school_year.OF_YEAR, school_year.YEAR)):
        first = today - timedelta(days=days - 1)
        school_days = database.ask(site.database_url, _SCHOOL_DAYS, first)
        assert database.ask(site.database_url, _PLACES, student) == school_days
