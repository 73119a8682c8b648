"""Ratios are taken round by round, and a missed target is not overlooked."""

from bench.report import missed, reached
from bench.results import Comparison, Figure, Outcome, Sample, alternate
from bench.targets import TARGETS


def sample(rate: float, cpu: float = 1.0) -> Sample:
    return Sample(events=1_000, seconds=1_000 / rate, cpu={"API": cpu, "wrk": 9.0}, memory_mb={"API": 50})


def outcome(name: str, value: float) -> Outcome:
    return Outcome("any", reached={name: Figure.of([value])})


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    ours, theirs = [sample(rate) for rate in (300, 100, 90)], [sample(rate) for rate in (100, 20, 90)]
    ratio = Comparison("", {"ours": ours, "theirs": theirs}).ratio("ours", "theirs")
    assert [round(value) for value in (ratio.value, ratio.low, ratio.high)] == [3, 1, 5]


def test_the_load_generator_is_not_counted_as_cost() -> None:
    compared = Comparison("", {"ours": [sample(1, cpu=2)], "theirs": [sample(1, cpu=6)]})
    assert compared.cpu_ratio("ours", "theirs").value == 3


def test_sides_are_measured_in_turn() -> None:
    asked: list[str] = []

    def measuring(name: str) -> Sample:
        asked.append(name)
        return sample(1)

    alternate("", {"a": lambda: measuring("a"), "b": lambda: measuring("b")}, 2, lambda _: None)
    assert asked == ["a", "b", "a", "b"]


def test_every_target_can_be_met_and_missed() -> None:
    for name, target in TARGETS.items():
        bound = target.at_least if target.at_least is not None else target.at_most
        assert bound is not None
        good, bad = (bound, bound * 0.9) if target.at_least is not None else (bound, bound * 1.1)
        assert missed([outcome(name, good)]) == []
        assert missed([outcome(name, bad)]) == ([] if target.reported else [name])


def test_of_two_measurements_of_one_target_the_worse_counts() -> None:
    for name, target in TARGETS.items():
        found = reached([outcome(name, 1), outcome(name, 2), outcome(name, 1)])[name]
        assert found.value == (2 if target.at_least is None else 1)
