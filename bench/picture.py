"""The growth curves as a picture: `python -m bench.picture RESULTS.json PICTURE.svg`."""

import json
import re
import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

READ = re.compile(r"(?P<millions>[\d.]+) million: GET (?P<path>\S+), p50")
SIZE = re.compile(r"(?P<millions>[\d.]+) million: (?P<table>\w+)$")


Place = tuple[float, float]


def draw(outcome: dict[str, Any]) -> Canvas:
    """Return three curves over the events in the log: consumer, reads, size."""
    canvas = Canvas(figsize=(11, 3.4), layout="constrained")
    consumer, reads, sizes = canvas.subplots(1, 3)
    sides = outcome["comparisons"][0]["sides"]
    for part in ("worker", "PostgreSQL"):
        costs = [median(_cost(sample, part) for sample in samples) for samples in sides.values()]
        consumer.plot([_millions(side) for side in sides], costs, "o-", label=part)
    consumer.legend(fontsize="x-small")
    _label(consumer, "CPU µs an event, one consumer")
    for name, expression, axes in (("path", READ, reads), ("table", SIZE, sizes)):
        for label, points in _curves(outcome["facts"], expression, name).items():
            axes.plot(*zip(*points, strict=True), "o-", label=label)
        axes.legend(fontsize="x-small")
    _label(reads, "ms, median")
    _label(sizes, "bytes an event, with indexes")
    return canvas


def _curves(facts: dict[str, Any], expression: re.Pattern[str], name: str) -> dict[str, list[Place]]:
    curves: dict[str, list[Place]] = {}
    for fact, figure in facts.items():
        if found := expression.fullmatch(fact):
            curves.setdefault(found[name], []).append((float(found["millions"]), figure["value"]))
    return curves


def _cost(sample: dict[str, Any], part: str) -> float:
    return float(sample["cpu"][part] / sample["events"] * 1e6)


def _millions(side: str) -> float:
    return float(side.split(maxsplit=1)[0])


def _label(axes: Axes, what: str) -> None:
    axes.set_title(what, fontsize="small")
    axes.set_xlabel("million events in the log", fontsize="small")
    axes.set_ylim(bottom=0)


def main(results: str, picture: str) -> None:
    """Draw the growth that is in a file of results."""
    outcomes = json.loads(Path(results).read_text())["outcomes"]
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text, and the file small
    mpl.rcParams["svg.hashsalt"] = "edutrack"
    growth = next(each for each in outcomes if each["name"] == "growth")
    draw(growth).savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
