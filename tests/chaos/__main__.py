"""Every fault under load, on stacks of its own: `python -m tests.chaos [--only WORDS] [--short]`."""

import argparse
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.report import print_table, write_json
from tests.chaos.runner import Outcomes, run
from tests.chaos.stage import Layout, stage_in

DEFAULT_SEED = 20_261_123
SILENT = logging.CRITICAL + 1


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything it started is stopped
    options = _options()
    _log_what_is_ours()
    build = Path(options.build)
    (build / "chaos").mkdir(parents=True, exist_ok=True)
    console = Console()
    outcomes = []
    for outcome in _outcomes(_chosen(options), build / "chaos", options.seed):
        outcomes.append(outcome)
        write_json(outcomes, build / "chaos.json", options.seed)
        for name, wrong in outcome.broken.items():
            console.print(f"  [red]{name}[/]: {wrong}", highlight=False)
    print_table(outcomes, console)
    console.print(f"seed {options.seed}; {build / 'chaos.json'}; ledgers and logs in {build / 'chaos'}")
    return 1 if not outcomes or any(each.broken for each in outcomes) else 0


def _outcomes(faults: Sequence[Fault], folder: Path, seed: int) -> Iterator[Outcomes]:
    for layout in Layout:
        of_layout = [fault for fault in faults if fault.layout is layout]
        if of_layout:
            temporary = TemporaryDirectory(prefix="edutrack-chaos-", ignore_cleanup_errors=True)
            with temporary as root, stage_in(Path(root), folder, layout) as stage:
                yield from run(stage, of_layout, folder, seed)


def _log_what_is_ours() -> None:
    """Say which fault is on; what libraries say of connections that break is no news here."""
    logging.basicConfig(level=SILENT, handlers=[logging.NullHandler()])
    ours = logging.getLogger("tests.chaos")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)


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
