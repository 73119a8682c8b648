"""The outcome for people, as a table, and for machines, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.invariants import INVARIANTS
from tests.chaos.runner import Outcomes

COUNTS = ("sent", "accepted", "during", "applied", "duplicates", "lost", "poison", "deaths")
SECONDS = ("slowest", "lasted", "recovered")


def print_table(outcomes: Sequence[Outcomes], console: Console) -> None:
    """Print a line for each fault, a column for each invariant and count, and below it what is wrong."""
    table = Table(title="Faults under load", caption="events; slowest answer, fault and recovery in seconds")
    table.add_column("fault", no_wrap=True)
    for name in INVARIANTS:
        table.add_column(name, justify="center")
    for name in (*COUNTS, *SECONDS):
        table.add_column(name, justify="right", no_wrap=True)
    for each in outcomes:
        marks = ("[red]✗[/]" if name in each.broken else "[green]✓[/]" for name in INVARIANTS)
        numbers = (_shown(getattr(each, name)) for name in (*COUNTS, *SECONDS))
        table.add_row(each.fault, *marks, *numbers)
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
