"""The results as a table to read, as Markdown for the README, as JSON, and as a picture."""

from __future__ import annotations

import json
import math
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from voice_server.bench.result import Result, Row

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


class NoPlace(Exception):
    """A file has no place for the table; says what is missing."""


def machine() -> dict[str, Any]:
    """Return what the numbers were measured on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("voice-server"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def table(results: Sequence[Result]) -> str:
    """Return all results as text for a terminal."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{result.scenario}: {result.title}")
        if result.skipped:
            lines.append(f"  skipped: {result.skipped}")
        for row in result.rows:
            target = "" if row.target is None else f"at most {_number(row.target)}"
            lines.append(f"  {row.what:<48} {_measured(row):>14}  {target:<14} {result.verdict(row)}".rstrip())
        lines += [f"  not to be believed: {doubt}" for doubt in result.doubts]
    return "\n".join(lines)


def headlines(results: Sequence[Result]) -> list[Result]:
    """Return the results with nothing but what is known at the start to matter most, passed or not."""
    chosen = (replace(result, rows=[row for row in result.rows if row.headline]) for result in results)
    return [result for result in chosen if result.rows]


def markdown(results: Sequence[Result], where: dict[str, Any], picture: str | None = None) -> str:
    """Return the results as a table in Markdown, and a line on where they are from."""
    lines = ["| load | measured | value | target | |", "|---|---|---|---|---|"]
    for result in results:
        if result.skipped:
            lines.append(f"| {result.title} | skipped: {result.skipped} | | | |")
        for row in result.rows:
            target = "" if row.target is None else f"<= {_number(row.target)}"
            lines.append(f"| {result.title} | {row.what} | {_measured(row)} | {target} | {result.verdict(row)} |")
    doubts = {f"Not to be believed, {result.scenario}: {doubt}." for result in results for doubt in result.doubts}
    origin = (
        f"{where['at'][:10]}, {where['cores']} cores of {where['processor']}, load generator on the same machine,"
        f" Python {where['python']}. `make bench` measures again."
    )
    shown = [f"![Time to first sound by listeners in flight]({picture})", ""] if picture else []
    return "\n".join([*lines, "", *shown, *sorted(doubts), origin])


def put_into(path: Path, text: str) -> None:
    """Replace what stands between the two marks in a file. Raises NoPlace."""
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"{path} has no place for the table: it goes between {BEGIN} and {END}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def as_json(results: Sequence[Result], where: dict[str, Any]) -> str:
    """Return everything that was found."""
    told = [
        {
            "scenario": result.scenario,
            "title": result.title,
            "rows": [{**asdict(row), "verdict": result.verdict(row)} for row in result.rows],
            "doubts": result.doubts,
            "skipped": result.skipped,
            "details": result.details,
        }
        for result in results
    ]
    return json.dumps({"machine": where, "results": told}, indent=1, default=_plain)


def draw(results: Sequence[Result], path: Path) -> bool:
    """Draw the time to first sound over the number of listeners. Return whether there was anything to draw with."""
    try:
        pictures: Any = import_module("matplotlib.figure")
    except ImportError:
        return False
    points = sorted(
        (result.details["listeners"], result.details["audible_ms"], result.scenario)
        for result in results
        if result.scenario.startswith(("single", "poisson", "fixed")) and result.details.get("audible_ms")
    )
    figure = pictures.Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for name in ("p50", "p95", "p99"):
        axes.plot([at for at, _, _ in points], [getattr(heard, name) for _, heard, _ in points], "o-", label=name)
    axes.set(xlabel="listeners at a time", ylabel="ms", title="Arrival of the text to first sound at the client")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
    return True


def _measured(row: Row) -> str:
    if row.value is None:
        return "-"
    return f"{_number(row.value)} {row.unit}".rstrip()


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "beyond measure"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is not for JSON")
