"""Measures several things in turn, so that a noisy machine is noisy for all of them."""

import gc
import statistics
import timeit
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Any

Case = Callable[[], float]  # runs a round, and returns seconds per operation


@dataclass(frozen=True)
class Scale:
    """How much is done: all, or just enough to see that it works."""

    quick: bool = False

    def rounds(self, number: int) -> int:
        return 2 if self.quick else number

    def number(self, number: int) -> int:
        return max(number // 50, 1) if self.quick else number


@dataclass(frozen=True)
class Samples:
    """Seconds per operation, one figure for each round."""

    values: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def worst(self) -> float:
        return max(self.values)


def interleave(cases: Mapping[str, Case], rounds: int) -> dict[str, Samples]:
    """Run every case once per round, each round beginning with another one.

    Rounds should be short, about a millisecond: then each case has some that nothing
    disturbed. No garbage is collected within one; what was there before isn't looked
    at between them, which would take longer than they do.
    """
    names = list(cases)
    found: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        cases[name]()  # warm
    gc.collect()
    gc.freeze()
    try:
        for turn in range(rounds):
            start = turn % len(names)
            for name in names[start:] + names[:start]:
                found[name].append(_undisturbed(cases[name]))
    finally:
        gc.unfreeze()
    return {name: Samples(tuple(values)) for name, values in found.items()}


def _undisturbed(case: Case) -> float:
    gc.collect()
    gc.disable()
    try:
        return case()
    finally:
        gc.enable()


def paired(some: Samples, others: Samples) -> float:
    """Return the median of the ratios, round by round."""
    pairs = zip(some.values, others.values, strict=True)
    return statistics.median(one / other for one, other in pairs)


def statement(source: str, number: int, **names: Any) -> Case:
    """Return a case that runs a statement so often, without a call around it.

    Like `each`, it reads the thread's CPU: that's the wall's time, less what other
    processes took of it.
    """
    timer = timeit.Timer(source, timer=thread_time, globals=names)
    return lambda: timer.timeit(number) / number


def each(function: Callable[[Any], object], items: Iterable[Any]) -> Case:
    """Return a case that calls a function with one item after the other."""
    held = tuple(items)
    return lambda: time_each(function, held)


def time_each(function: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Return the thread's seconds for each item."""
    started = thread_time()
    for item in items:
        function(item)
    return (thread_time() - started) / len(items)


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that so many percent of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
