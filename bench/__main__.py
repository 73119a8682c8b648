"""Measure EduTrack beside what it must beat, print tables, write JSON: `python -m bench [NAME …]`."""

import argparse
import signal
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import batch, consumer, growth, ingest, lag, pages, reads, sustained, year
from bench.report import missed, print_outcome, print_targets, write_json
from bench.results import Outcome
from bench.run import DEFAULT, Run
from bench.stage import Stage, stage_in

BENCHMARKS: dict[str, Callable[[Stage, Run], Outcome]] = {
    "ingest": ingest.measure,
    "batch": batch.measure,
    "consumer": consumer.measure,
    "lag": lag.measure,
    "reads": reads.measure,
    "year": year.measure,
    "pages": pages.measure,
    "growth": growth.measure,
    "sustained": sustained.measure,
}
LONG = ("sustained",)
"""What is only run where it is asked for."""
WIDTH = 160


def main() -> int:
    """Return 1 if a target was missed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything it started is stopped
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    outcomes = []
    temporary = TemporaryDirectory(prefix="edutrack-bench-", ignore_cleanup_errors=True)
    with temporary as folder, stage_in(Path(folder), options.build / "logs") as stage:
        for name in options.benchmarks or [name for name in BENCHMARKS if name not in LONG]:
            outcomes.append(BENCHMARKS[name](stage, _run(options)))
            print_outcome(outcomes[-1], console)
            write_json(outcomes, options.build / "bench.json")
    print_targets(outcomes, console)
    wrong = missed(outcomes)
    console.print(f"missed: {', '.join(wrong)}" if wrong else "everything was reached")
    return 1 if wrong else 0


def _run(options: argparse.Namespace) -> Run:
    progress = Console(stderr=True)
    chosen = {field.name: getattr(options, field.name, None) for field in fields(Run)}
    return replace(
        DEFAULT,
        say=lambda text: progress.print(f"  {text}", highlight=False),
        **{name: value for name, value in chosen.items() if value is not None},
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    parser.add_argument("--seconds", type=float, help="how long one round sends")
    parser.add_argument("--processes", type=int, help="of the API and its baselines")
    parser.add_argument("--backlog", type=int, help="events the consumer drains in a round")
    parser.add_argument("--millions", type=float, nargs="+", help="of events, where growth is measured")
    parser.add_argument("--minutes", type=float, help="of the sustained load")
    parser.add_argument("--build", type=Path, default=Path("build/bench"), help="folder of the results")
    options = parser.parse_args()
    if unknown := set(options.benchmarks) - set(BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: {', '.join(BENCHMARKS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
