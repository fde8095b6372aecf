"""What a measurement says: a row for each number, what it is held against, and times to make rows of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, ParamSpec, TypeVar

Clock = Callable[[], float]
Params = ParamSpec("Params")
Result = TypeVar("Result")

WIDTH = 67
"""Characters of a row's name: rows are told as they come."""


class Row(NamedTuple):
    """One number, and what it should be at most or at least ("": nothing)."""

    name: str
    value: float
    unit: str = ""
    target: str = ""
    holds: bool = True

    @classmethod
    def most(cls, name: str, value: float, unit: str, limit: float) -> Row:
        """Return a row that holds up to a limit."""
        return cls(name, value, unit, f"at most {limit:g}", value <= limit)

    @classmethod
    def least(cls, name: str, value: float, unit: str, limit: float) -> Row:
        """Return a row that holds from a limit on."""
        return cls(name, value, unit, f"at least {limit:g}", value >= limit)

    def __str__(self) -> str:
        verdict = f"  {self.target:16}{'pass' if self.holds else 'FAIL'}" if self.target else ""
        return f"{self.name:{WIDTH}}  {self.value:10.4g} {self.unit:8}{verdict}".rstrip()


class Stopwatch:
    """Adds up the seconds that some calls take, by a clock."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self.total_s = 0.0
        self._clock = clock

    def around(self, work: Callable[Params, Result]) -> Callable[Params, Result]:
        """Return the same work, timed whenever it is done."""

        def timed(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            began_at = self._clock()
            try:
                return work(*args, **kwargs)
            finally:
                self.total_s += self._clock() - began_at

        return timed


def best(work: Callable[[], object], runs: int) -> float:
    """Return the shortest of some times that work took, in seconds; the first one is not counted."""
    work()
    return min(seconds(work) for _ in range(runs))


def seconds(work: Callable[[], object]) -> float:
    """Return how long work takes."""
    began_at = time.perf_counter()
    work()
    return time.perf_counter() - began_at


def tell(rows: Iterable[Row]) -> int:
    """Print rows as they come; return how many missed their target."""
    num_missed = 0
    for row in rows:
        print(row, flush=True)
        num_missed += not row.holds
    return num_missed
