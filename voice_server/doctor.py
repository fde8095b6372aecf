"""`voice-server doctor`: whether all is there that serving needs, and what to do about what is not."""

from __future__ import annotations

import asyncio
import ctypes
import os
import platform
import re
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files, requires, version
from pathlib import Path
from typing import Any

from engine.audio import opus
from engine.process import EngineError, EngineProcess
from engine.types import Delivery, Output, Segment, Span, new_id
from voice_server.doctor_spark import spark_findings
from voice_server.findings import Finding, State
from voice_server.progress import Progress
from voice_server.sinks import PLAYERS, player

__all__ = ["Finding", "State", "examine", "look_at_dependency", "serves", "table"]

OLDEST_PYTHON = (3, 11)

SPEAK_LIMIT_S = 10.0

START_LIMIT_S = 600.0

REINSTALL = "install it again: make serve, or pip install --force-reinstall voice-server"


async def examine(engine: str, port: int, options: Mapping[str, Any] | None = None) -> list[Finding]:
    """Look at everything that serving with this engine and its options, on this port, needs."""
    findings = [_python(), *_dependencies(), _libopus()]
    if engine == "espeak":
        findings.append(_espeak())
    if engine == "spark":
        findings += spark_findings(options or {})
        if not serves(findings):
            return [*findings, _port(port), _player(), _cores()]
    return [*findings, await _speech(engine, options or {}), _port(port), _player(), _cores()]


def serves(findings: Iterable[Finding]) -> bool:
    """Whether a server would run."""
    return all(finding.state is not State.BROKEN for finding in findings)


def table(findings: Sequence[Finding]) -> str:
    """Return a line for each finding, its remedy beneath it, and a verdict."""
    width = max(len(finding.what) for finding in findings)
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{finding.state.value}  {finding.what:{width}}  {finding.detail}")
        if finding.remedy:
            lines.append(f"    {'':{width}}  -> {finding.remedy}")
    verdict = (
        "The server can serve." if serves(findings) else "The server cannot serve before what is marked !! is mended."
    )
    return "\n".join([*lines, "", verdict])


def _python() -> Finding:
    found = platform.python_version()
    if sys.version_info >= OLDEST_PYTHON:
        return Finding("python", State.FINE, f"{found} at {sys.executable}")
    return Finding("python", State.BROKEN, found, "needs 3.11 or newer: make serve PYTHON=python3.12")


def _dependencies() -> Iterator[Finding]:
    try:
        required = requires("voice-server") or []
    except PackageNotFoundError:
        yield Finding("voice-server", State.BROKEN, "is not installed, only found", "make serve installs it")
        return
    for requirement in required:
        name, _, marker = requirement.partition(";")
        found = re.match(r"[\w.-]+", name)
        if found and "extra" not in marker and not ("win32" in marker and sys.platform == "win32"):
            yield look_at_dependency(found[0])


def look_at_dependency(name: str) -> Finding:
    """Look whether a package, by the name it is installed by, can be imported."""
    try:
        if name == "opuslib":
            opus.load()  # it cannot find a libopus by itself everywhere
        import_module(name.replace("-", "_"))
        return Finding(name, State.FINE, version(name) + _gpl_parts(name))
    except (ImportError, OSError, PackageNotFoundError) as error:
        return Finding(name, State.BROKEN, f"cannot be imported: {error}", REINSTALL)


def _gpl_parts(name: str) -> str:
    """Say which libraries known to be GPL lie among a package's files."""
    carried = {path.name.partition("-")[0] for path in files(name) or ()}
    found = ", ".join(sorted(carried & {"libx264", "libx265"}))
    return f" (its wheel carries GPL libraries: {found}; see THIRD_PARTY.md)" if found else ""


def _libopus() -> Finding:
    try:
        found = opus.library()
    except OSError as error:
        return Finding("libopus", State.BROKEN, str(error), REINSTALL)
    return Finding("libopus", State.FINE, f"{found.version} (the one of {found.origin}) at {found.path}")


def _espeak() -> Finding:
    try:
        import espeakng_loader

        path = Path(espeakng_loader.get_library_path())
        info = ctypes.CDLL(str(path)).espeak_Info
    except (ImportError, OSError, AttributeError) as error:
        return Finding("libespeak-ng", State.BROKEN, f"cannot be loaded: {error}", REINSTALL)
    info.restype, info.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    found = info(None).decode()
    licence = "GPL-3.0; a package of its own, loaded at run time"
    return Finding("libespeak-ng", State.FINE, f"{found} ({licence}) at {path}")


async def _speech(engine: str, options: Mapping[str, Any]) -> Finding:
    process = EngineProcess(engine, options, START_LIMIT_S, Progress(sys.stderr))
    began = time.monotonic()
    try:
        await process.start()
        ready_s = time.monotonic() - began
        first_ms = 1000 * await _speak(process)
        await process.stop()
    except EngineError as error:
        return Finding("engine", State.BROKEN, str(error), "mend what is marked above, or choose one with --engine")
    except TimeoutError:
        await process.stop()
        what = f"{engine} is ready in {ready_s:.2f} s, but too slow here: no sound of a word within {SPEAK_LIMIT_S:g} s"
        return Finding("engine", State.LACKING, what, "end what else runs here, or choose a faster machine or engine")
    detail = f"{engine} speaks: ready in {ready_s:.2f} s, then a word's first sound after {first_ms:.1f} ms"
    return Finding("engine", State.FINE, detail)


async def _speak(process: EngineProcess) -> float:
    """Have a word spoken, and return the seconds until its first audio was here. Raises EngineError, TimeoutError."""
    heard: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()

    def deliver(delivery: Delivery) -> None:
        if not heard.done() and (delivery.num_samples or delivery.failed or delivery.closed):
            heard.set_result(delivery)

    voice = process.info.voice(process.info.default_voice)
    utterance, began = new_id(), time.monotonic()
    process.open(utterance, Output(), 0.0, deliver)
    language = voice.language if voice else "en"
    process.submit(Segment(new_id(), utterance, process.info.default_voice, language, (Span("Hello.", 0, 6),)))
    process.close(utterance)
    async with asyncio.timeout(SPEAK_LIMIT_S):
        delivery = await heard
    if not delivery.num_samples:
        raise EngineError(delivery.failed.message if delivery.failed else "it says nothing")
    return time.monotonic() - began


def _port(port: int) -> Finding:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            remedy = f"end what listens there, or: voice-server serve --port {port + 1}"
            return Finding("port", State.LACKING, f"{port} cannot be had: {error.strerror}", remedy)
    return Finding("port", State.FINE, f"{port} is free")


def _player() -> Finding:
    found = player()
    if found:
        return Finding("audio player", State.FINE, found)
    return Finding("audio player", State.LACKING, f"none of {', '.join(PLAYERS)}", "say can still write files: -o FILE")


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if cores > 1:
        return Finding("CPU cores", State.FINE, str(cores))
    return Finding(
        "CPU cores", State.LACKING, "1", "engine and sockets share it: with many sessions sound starts later"
    )
