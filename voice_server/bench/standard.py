"""The standard set of measurements: the source of every published number. See docs/bench.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from voice_server.bench import (
    comparing,
    entering,
    faults,
    footprint,
    mixing,
    overload,
    pacing,
    reading,
    report,
    speaking,
)
from voice_server.bench.drive import GeneratorFailed
from voice_server.bench.report import NoPlace
from voice_server.bench.result import Result
from voice_server.bench.setting import Scenario, Unmeasured, Wishes

STANDARD: dict[str, Scenario] = {
    **speaking.SCENARIOS,
    **mixing.SCENARIOS,
    **pacing.SCENARIOS,
    **footprint.SCENARIOS,
    **reading.SCENARIOS,
    **overload.SCENARIOS,
    **faults.SCENARIOS,
}
"""The standard set, in the order it is run."""

SCENARIOS = {**STANDARD, **speaking.MORE, **entering.MORE, **comparing.SCENARIOS}


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write besides the table on stdout."""

    json: Path | None = None
    plot: Path | None = None
    table: Path | None = None
    readme: Path | None = None


def bench(names: Sequence[str], wishes: Wishes, outputs: Outputs) -> list[Result]:
    """Measure the scenarios named, or the standard set, and tell what was found on stdout and in files.

    Raises NotServing where a server does not come up, GeneratorFailed, OSError, NoPlace.
    """
    where = report.machine()
    results: list[Result] = []
    for name in names or STANDARD:
        results.append(_measure(name, wishes))
        print(report.table(results[-1:]), flush=True)
    _write(results, where, outputs)
    return results


def _measure(name: str, wishes: Wishes) -> Result:
    try:
        found = SCENARIOS[name](wishes)
    except Unmeasured as reason:
        return Result(name, name, skipped=str(reason))
    if wishes.listeners or wishes.tokens_per_s or wishes.engine:  # the targets are for the standard load and engines
        found.rows = [replace(row, target=None) for row in found.rows]
    return found


def _write(results: list[Result], where: dict[str, object], outputs: Outputs) -> None:
    if outputs.json is not None:
        outputs.json.write_text(report.as_json(results, where), "utf-8")
    drawn = outputs.plot is not None and report.draw(results, outputs.plot)
    if outputs.plot is not None and not drawn:
        print("no plot: matplotlib is not installed (pip install 'voice-server[bench]')", file=sys.stderr)
    if outputs.table is not None:
        report.put_into(outputs.table, report.markdown(results, where))
    if outputs.readme is not None:
        picture = str(outputs.plot) if drawn else None
        report.put_into(outputs.readme, report.markdown(report.headlines(results), where, picture))


__all__ = ["SCENARIOS", "STANDARD", "GeneratorFailed", "NoPlace", "Outputs", "Wishes", "bench"]
