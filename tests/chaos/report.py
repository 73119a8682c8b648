"""The outcome for people, as a table, and for machines, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.chaos.invariants import INVARIANTS
from tests.chaos.runner import Outcomes

COLUMNS = {
    "sent": "sent",
    "accepted": "accepted",
    "applied": "applied",
    "duplicates": "dupli-\ncates",
    "lost": "lost",
    "recovered": "recov-\nered s",
}
"""What the table shows of an outcome, under which heading; all of it fits into 80 columns."""
MORE_COLUMNS = {
    "during": "in fault",
    "refused": "503",
    "deaths": "deaths",
    "slowest": "max s",
    "lasted": "fault s",
}
WIDE = 120
CAPTION = (
    "sent, accepted (2xx), applied, sent more than once, lost: events\n"
    "recovered: seconds from the heal until everything flowed"
)


def print_table(outcomes: Sequence[Outcomes], console: Console) -> None:
    """Print a line for each fault, a mark for each invariant, the counts, and below it what is wrong."""
    columns = COLUMNS | (MORE_COLUMNS if console.width >= WIDE else {})
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0, caption=CAPTION, caption_justify="left")
    table.add_column("fault", overflow="fold")
    table.add_column(f"{INVARIANTS[0]}\u2013{INVARIANTS[-1]}", no_wrap=True)
    for heading in columns.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for each in outcomes:
        marks = "".join("[red]✗[/]" if name in each.broken else "[green]✓[/]" for name in INVARIANTS)
        table.add_row(each.fault, marks, *(_shown(getattr(each, name)) for name in columns))
    console.print(table)
    for each in outcomes:
        for name, wrong in each.broken.items():
            console.print(f"[red]{each.fault}: {name}[/]: {wrong}", highlight=False)


def write_json(outcomes: Sequence[Outcomes], path: Path, seed: int) -> None:
    """Write what happened, with the seed that makes the same load again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"seed": seed, "faults": [asdict(each) for each in outcomes]}
    path.write_text(json.dumps(found, indent=2) + "\n")


def _shown(number: float | None) -> str:
    if number is None:
        return "never"
    return f"{number:.1f}" if isinstance(number, float) else str(number)
