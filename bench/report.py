"""What was measured for people, as tables, and for programs, as JSON."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from bench.results import Comparison, Figure, Outcome, Sample
from bench.targets import TARGETS
from core.clock import utc_now

WHOLE_FROM = 100
PARTS = ("API", "worker", "broker", "PostgreSQL", "wrk")


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print a table for each comparison, and one for single figures."""
    for comparison in outcome.comparisons:
        console.print(_compared(comparison))
    if outcome.facts:
        table = _table(outcome.name, "", "median", "spread")
        for what, figure in outcome.facts.items():
            table.add_row(what, f"{shown(figure.value)} {figure.unit}", spread(figure))
        console.print(table)


def print_targets(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print what was to be reached and what was."""
    table = _table("Targets", "what", "bound", "median", "spread", "")
    for name, figure in reached(outcomes).items():
        target = TARGETS[name]
        mark = "[green]✓[/]" if target.is_met(figure) else "[yellow]![/]" if target.reported else "[red]✗[/]"
        table.add_row(target.what, target.bound, shown(figure.value), spread(figure), mark)
    console.print(table)


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the targets that were measured and not reached."""
    return [
        name
        for name, figure in reached(outcomes).items()
        if not TARGETS[name].reported and not TARGETS[name].is_met(figure)
    ]


def reached(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Return all figures that targets are held against; of what was measured twice, the worse."""
    found: dict[str, Figure] = {}
    for outcome in outcomes:
        for name, figure in outcome.reached.items():
            if name not in found or TARGETS[name].is_worse(figure, found[name]):
                found[name] = figure
    return found


def write_json(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write everything that was measured, and on what."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    content = {
        "measured_at": utc_now().isoformat(timespec="seconds"),
        "machine": machine,
        "missed": missed(outcomes),
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")


def shown(value: float) -> str:
    """Return a number with three digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.3g}"


def spread(figure: Figure) -> str:
    """Return the extremes of a figure."""
    return f"{shown(figure.low)} to {shown(figure.high)}"


def _compared(comparison: Comparison) -> Table:
    parts = [part for part in PARTS if any(part in each[0].cpu for each in comparison.sides.values())]
    table = _table(
        f"{comparison.title} (CPU: seconds per 1,000 events)",
        *("", "events/s", "spread", "ratio", "spread", "by CPU", "p50 ms", "p99 ms"),
        *(f"CPU {part}" for part in parts),
        *("MB", "refused"),
    )
    first = next(iter(comparison.sides))
    for side, samples in comparison.sides.items():
        rate = comparison.figure(side, lambda sample: sample.rate)
        ratio, cpu = comparison.ratio(first, side), comparison.cpu_ratio(first, side)
        table.add_row(
            side,
            *(shown(rate.value), spread(rate)),
            *(("", "", "") if side == first else (shown(ratio.value), spread(ratio), shown(cpu.value))),
            *(_latency(samples, name) for name in ("p50_ms", "p99_ms")),
            *(_cpu(comparison, side, part) for part in parts),
            shown(max(next(iter(sample.memory_mb.values())) for sample in samples)),
            shown(sum(sample.refused for sample in samples)),
        )
    return table


def _latency(samples: Sequence[Sample], name: str) -> str:
    values = [value for sample in samples if (value := getattr(sample, name)) is not None]
    return shown(Figure.of(values).value) if values else ""


def _cpu(comparison: Comparison, side: str, part: str) -> str:
    if part not in comparison.sides[side][0].cpu:
        return ""
    return f"{comparison.figure(side, lambda sample: sample.cpu_per_1000(part)).value:.3f}"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    return table
