"""Every fault under load, on a stack of its own: `python -m tests.chaos [--only WORDS] [--short]`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.report import print_table, write_json
from tests.chaos.runner import run
from tests.chaos.stage import stage_in

DEFAULT_SEED = 20_261_123
TABLE_WIDTH = 180


def main() -> int:
    options = _options()
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    for library in ("httpx", "aio_pika", "aiormq", "alembic"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    build = Path(options.build)
    outcomes = []
    folder = build / "chaos"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = TemporaryDirectory(prefix="edutrack-chaos-", ignore_cleanup_errors=True)
    console = Console(width=TABLE_WIDTH)
    with temporary as root, stage_in(Path(root), folder) as stage:
        for outcome in run(stage, _chosen(options), folder, options.seed):
            outcomes.append(outcome)
            write_json(outcomes, build / "chaos.json", options.seed)
            for name, wrong in outcome.broken.items():
                console.print(f"  [red]{name}[/]: {wrong}", highlight=False)
    print_table(outcomes, console)
    console.print(f"seed {options.seed}; {build / 'chaos.json'}; ledgers and logs in {folder}")
    return 1 if any(each.broken for each in outcomes) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--only", default="", help="only faults whose name has one of these, by |")
    parser.add_argument("--short", action="store_true", help="only the faults of `make test`")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the load")
    parser.add_argument("--build", default="build", help="folder of the results")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> Sequence[Fault]:
    words = options.only.lower().split("|")
    return [
        fault
        for fault in FAULTS
        if (fault.short or not options.short) and any(word in fault.name.lower() for word in words)
    ]


if __name__ == "__main__":
    sys.exit(main())
