"""Measure EduTrack beside what it must beat, print tables, write JSON: `python -m bench [NAME …]`."""

import argparse
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from bench import batch, consumer, ingest
from bench.report import missed, print_outcome, print_targets, write_json
from bench.run import DEFAULT, Run
from bench.stage import stage_in

BENCHMARKS = {"ingest": ingest.measure, "batch": batch.measure, "consumer": consumer.measure}
WIDTH = 150


def main() -> int:
    """Return 1 if a target was missed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything it started is stopped
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    progress = Console(stderr=True)
    run = Run(
        rounds=options.rounds,
        seconds=options.seconds,
        processes=options.processes,
        backlog=options.backlog,
        say=lambda text: progress.print(f"  {text}", highlight=False),
    )
    outcomes = []
    temporary = TemporaryDirectory(prefix="edutrack-bench-", ignore_cleanup_errors=True)
    with temporary as folder, stage_in(Path(folder), options.build / "logs") as stage:
        for name in options.benchmarks or BENCHMARKS:
            outcomes.append(BENCHMARKS[name](stage, run))
            print_outcome(outcomes[-1], console)
            write_json(outcomes, options.build / "bench.json")
    print_targets(outcomes, console)
    wrong = missed(outcomes)
    console.print(f"missed: {', '.join(wrong)}" if wrong else "everything was reached")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "benchmarks", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS)
    )
    parser.add_argument("--rounds", type=int, default=DEFAULT.rounds, help="how often each side is measured")
    parser.add_argument("--seconds", type=float, default=DEFAULT.seconds, help="how long one round sends")
    parser.add_argument("--processes", type=int, default=DEFAULT.processes, help="of the API")
    parser.add_argument("--backlog", type=int, default=DEFAULT.backlog, help="events to drain in a round")
    parser.add_argument("--build", type=Path, default=Path("build/bench"), help="folder of the results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
