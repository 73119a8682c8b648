"""What a terminal shows of an import."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from api.videos.import_schemas import ImportAnswer
from cli.imports import Bar, next_try
from core.tables import ImportStatus

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def an_import(status: ImportStatus, *, paused_until: datetime | None = None) -> ImportAnswer:
    given = {"id": 1, "course_id": 1, "status": status, "total": 10, "found": 4, "created_at": NOON}
    counts = {"imported": 0, "unavailable": 0, "failed": 0, "attempt": 1, "not_imported": []}
    empty = dict.fromkeys(set(ImportAnswer.model_fields) - set(given) - set(counts))
    said = {"reason": "Too many requests.", "paused_until": paused_until}
    return ImportAnswer(**{**empty, **given, **counts, **said})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (754.9, "goes on in 0:12:34"),
        (93_784, "goes on in 1 day, 2:03:04"),
        (0.4, "goes on any moment"),
        (-60, "goes on any moment"),
    ],
)
def test_it_is_said_when_an_import_goes_on(seconds: float, said: str) -> None:
    assert next_try(timedelta(seconds=seconds)) == said


def test_a_paused_import_counts_down_and_says_once_why() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=200)
    with Progress(console=console, auto_refresh=False) as progress:
        bar = Bar(progress)
        for seconds, left in ((0, "0:10:00"), (1, "0:09:59")):
            paused = an_import(ImportStatus.PAUSED_UNTIL, paused_until=NOON + timedelta(minutes=10))
            bar.show(paused, NOON + timedelta(seconds=seconds))
            assert progress.tasks[0].description == f"goes on in {left}"
        bar.show(an_import(ImportStatus.FETCHING), NOON)
        assert progress.tasks[0].description == "fetching"
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().count("Too many requests.") == 1
