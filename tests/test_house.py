"""The house rules that a reader would otherwise have to keep in mind: who imports whom."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.modules import MODULES, PACKAGES, Module

GUARDED = {"asyncio", "ctypes", "multiprocessing", "signal", "socket", "subprocess", "threading", "time"}
"""Parts of the standard library that make a module more than a pure one: they belong to rooms, as libraries do."""


@dataclass(frozen=True)
class Room:
    """What a module may import: our modules (`x.*`: a package and all in it), and libraries, GUARDED ones included."""

    ours: str = ""
    libraries: str = ""


SESSION = (
    "engine.types engine.listener engine.text.* voice_server.errors voice_server.journal voice_server.messages"
    " voice_server.metrics"
)
OPENED = f"{SESSION} voice_server.allowance voice_server.casting voice_server.terms"

ROOMS = {
    # engine: text -> audio. Knows no sockets, no clients, and nothing of voice_server
    "engine": Room(),
    "engine.types": Room("", "numpy"),
    "engine.listener": Room(),
    "engine.text.marks": Room(),
    "engine.text.tags": Room(),
    "engine.text.*": Room("engine.types", "babel num2words indic_numtowords"),
    "engine.audio.opus": Room("engine.types engine.audio.*", "numpy ctypes opuslib threading"),
    "engine.audio.clip": Room("engine.types engine.audio.*", "numpy av"),
    "engine.audio.container": Room("engine.types engine.audio.*", "numpy av"),
    "engine.audio.*": Room("engine.types", "numpy"),
    "engine.scheduler": Room("engine.types engine.listener"),
    "engine.tail": Room("engine.types engine.audio.*", "numpy"),
    "engine.pace": Room("engine.types engine.text.marks"),
    "engine.track": Room("engine.types engine.audio.* engine.pace engine.tail", "numpy"),
    "engine._espeak_ipa": Room(),
    "engine._espeak_call": Room("engine._espeak_text"),
    "engine._espeak_ng": Room("engine.types engine._espeak_ipa", "numpy ctypes espeakng_loader threading"),
    "engine._espeak_text": Room("engine.types"),
    "engine.espeak_voices": Room("engine.types engine._espeak_ng"),
    "engine.espeak_emotions": Room(),
    "engine.espeak": Room(
        "engine.types engine.audio.* engine._espeak_call engine._espeak_ipa engine._espeak_ng engine._espeak_text"
        " engine.espeak_emotions engine.espeak_voices",
        "numpy espeakng_loader",
    ),
    "engine.spark.config": Room(),
    "engine.spark.lm": Room(),
    "engine.spark.vocabulary": Room("engine.spark.config"),
    "engine.spark.tokenizer": Room("engine.spark.*", "tokenizers"),
    "engine.spark.tiny_tokenizer": Room("engine.spark.vocabulary", "tokenizers"),
    "engine.spark.qwen2_config": Room("engine.spark.tables", "pydantic"),
    "engine.spark.lm_checkpoint": Room("engine.spark.*", "safetensors torch"),
    "engine.spark.rows": Room("engine.spark.vocabulary"),
    "engine.spark.vllm_model": Room("engine.spark.rows", "torch vllm"),
    "engine.spark.lm_vllm": Room(  # with `vllm_model` the only ones that import vLLM, and only when they are asked
        "engine.spark.config engine.spark.lm engine.spark.qwen2_config engine.spark.rows engine.spark.vllm_model"
        " engine.spark.vocabulary",
        "vllm",
    ),
    "engine.spark.layout": Room("engine.spark.config"),
    "engine.spark.checkpoint": Room(
        "engine.spark.config engine.spark.layout", "huggingface_hub safetensors torch yaml"
    ),
    "engine.spark.tables": Room("", "pydantic"),
    "engine.spark.voice_files": Room("engine.types engine.learning engine.text.tags engine.spark.tables", "pydantic"),
    "engine.spark.prompting": Room("engine.spark.lm engine.spark.tables engine.spark.voice_files", "pydantic"),
    "engine.spark.parser": Room("engine.spark.vocabulary engine.spark.voice_files"),
    "engine.spark.prompts": Room(
        "engine.types engine.spark.prompting engine.spark.parser engine.spark.vocabulary engine.spark.voice_files"
    ),
    "engine.spark.reader": Room(
        "engine.types engine.spark.prompting engine.spark.guards engine.spark.lm engine.spark.parser"
        " engine.spark.prompts engine.spark.vocabulary engine.spark.voice_files"
    ),
    "engine.spark.made_up": Room(
        "engine.types engine.spark.lm engine.spark.parser engine.spark.prompting engine.spark.prompts"
        " engine.spark.vocabulary engine.spark.voice_files"
    ),
    "engine.spark.voice_book": Room("engine.types engine.learning engine.spark.voice_files"),
    "engine.spark.ramp": Room("engine.types engine.audio.*", "numpy"),
    "engine.spark.planner": Room("engine.types engine.spark.ramp"),
    "engine.spark.lm_hash": Room("engine.spark.lm"),
    "engine.spark.guards": Room("engine.types engine.spark.config", "numpy"),
    "engine.spark.random_weights": Room("engine.spark.*", "safetensors torch yaml"),
    "engine.spark.downloading": Room("", "huggingface_hub"),
    "engine.spark.warmth": Room("engine.spark.* engine.types", "time torch"),
    "engine.spark.*": Room(
        "engine.types engine.audio.* engine.learning", "numpy torch"
    ),  # extra: nothing outside imports it unasked
    "engine.bench.*": Room("engine.listener engine.local engine.spark.* engine.types", "numpy time torch transformers"),
    "engine.tone": Room("engine.types engine.audio.*", "numpy time"),  # it can be told to be slow or to hang
    "engine.commands": Room("engine.types"),
    "engine.utterance": Room("engine.types engine.commands engine.listener engine.track"),
    "engine.loop": Room(
        "engine.types engine.commands engine.pace engine.scheduler engine.track engine.utterance", "time"
    ),
    "engine.local": Room("engine.types engine.commands engine.loop", "time"),
    "engine.wire": Room("engine.types engine.commands"),
    "engine.learning": Room("engine.types engine.wire", "numpy"),
    "engine.load": Room(),
    "engine.counting": Room(),
    "engine.child": Room(
        "engine.types engine.audio.* engine.commands engine.counting engine.learning engine.load engine.loop"
        " engine.wire",
        "signal socket threading time",
    ),
    "engine.link": Room("engine.types engine.wire", "asyncio signal socket subprocess"),
    "engine.process": Room("engine.types engine.commands engine.learning engine.link engine.wire", "asyncio time"),
    # voice_server: sockets, protocols, sessions
    "voice_server": Room(),
    "voice_server.errors": Room(),
    "voice_server.messages": Room("engine.types voice_server.errors", "pydantic"),
    "voice_server.metrics": Room("voice_server.errors", "prometheus_client"),
    "voice_server.stats": Room("voice_server.metrics"),
    "voice_server.keys": Room("voice_server.allowance"),
    "voice_server.tokens": Room("voice_server.keys"),
    "voice_server.credentials": Room(),
    "voice_server.key_file": Room(
        "voice_server.allowance voice_server.errors voice_server.fields voice_server.keys", "pydantic"
    ),
    "voice_server.access": Room(
        "voice_server.credentials voice_server.errors voice_server.keys voice_server.tokens", "time"
    ),
    "voice_server.logs": Room("", "threading time"),
    "voice_server.journal": Room("voice_server.messages"),
    "voice_server.tls": Room("", "trustme"),  # an extra: only to make a certificate
    "voice_server.config": Room(
        "engine.types engine.text.* voice_server.access voice_server.errors voice_server.keys voice_server.logs"
        " voice_server.tls",
        "pydantic",
    ),
    "voice_server.fields": Room("voice_server.errors", "pydantic"),
    "voice_server.forms": Room("voice_server.fields", "pydantic"),
    "voice_server.doors": Room("engine.types voice_server.errors voice_server.forms voice_server.messages"),
    "voice_server.adapters.*": Room(
        "voice_server.credentials voice_server.doors voice_server.errors voice_server.fields voice_server.forms"
        " voice_server.messages voice_server.names voice_server.wav",
        "pydantic",
    ),
    "voice_server.dialects": Room("voice_server.adapters.* voice_server.doors"),
    # a session, without socket or clock
    "voice_server.casting": Room(SESSION),
    "voice_server.stand_ins": Room("engine.types"),
    "voice_server.terms": Room(f"{SESSION} voice_server.allowance voice_server.casting"),
    "voice_server.allowance": Room("voice_server.errors"),
    "voice_server.names": Room(),
    "voice_server.intake": Room(SESSION),
    "voice_server.notices": Room(f"{SESSION} voice_server.outbox"),
    "voice_server.outbox": Room(SESSION),
    "voice_server.transcript": Room(SESSION),
    "voice_server.timeline": Room(f"{SESSION} voice_server.outbox"),
    "voice_server.setting": Room(OPENED),
    "voice_server.utterance": Room(
        f"{SESSION} voice_server.intake voice_server.notices voice_server.outbox voice_server.setting"
        " voice_server.timeline voice_server.transcript"
    ),
    "voice_server.playlist": Room(f"{SESSION} voice_server.utterance"),
    "voice_server.turns": Room(f"{SESSION} voice_server.utterance"),
    "voice_server.contexts": Room(f"{SESSION} voice_server.names voice_server.utterance"),
    "voice_server.streams": Room(f"{SESSION} voice_server.outbox voice_server.utterance"),
    "voice_server.session": Room(
        f"{OPENED} voice_server.contexts voice_server.outbox voice_server.playlist voice_server.setting"
        " voice_server.streams voice_server.turns voice_server.utterance"
    ),
    # sockets
    "voice_server.request_ids": Room("voice_server.journal voice_server.messages", "starlette"),
    "voice_server.connection": Room(
        "voice_server.doors voice_server.errors voice_server.messages voice_server.metrics voice_server.session",
        "asyncio starlette time",
    ),
    "voice_server.demo": Room("", "starlette"),
    "voice_server.bodies": Room("voice_server.errors voice_server.forms", "asyncio starlette"),
    "voice_server.handshakes": Room("", "asyncio uvicorn websockets"),
    "voice_server.reading": Room(
        "engine.text.* engine.types voice_server.bodies voice_server.casting voice_server.errors voice_server.forms"
        " voice_server.messages voice_server.notices voice_server.text",
        "pydantic starlette asyncio",
    ),
    "voice_server.house": Room(
        "engine.text.* engine.types voice_server.casting voice_server.doors voice_server.entrance"
        " voice_server.messages voice_server.metrics voice_server.session voice_server.stand_ins voice_server.terms",
        "time",
    ),
    "voice_server.speech": Room(
        "voice_server.doors voice_server.entrance voice_server.errors voice_server.house voice_server.keys"
        " voice_server.messages",
        "starlette asyncio time",
    ),
    "voice_server.operations": Room("voice_server.doors voice_server.errors voice_server.forms"),
    "voice_server.openapi": Room(
        "engine.types voice_server.adapters.* voice_server.dialects voice_server.doors voice_server.enrolment"
        " voice_server.errors voice_server.exchange voice_server.forms voice_server.operations voice_server.reading"
    ),
    "voice_server.admission": Room("engine.load voice_server.allowance voice_server.errors"),
    "voice_server.lobby": Room(
        "voice_server.access voice_server.credentials voice_server.errors voice_server.keys", "asyncio starlette"
    ),
    "voice_server.exchange": Room("voice_server.forms voice_server.tokens", "pydantic"),
    "voice_server.entrance": Room(
        "voice_server.access voice_server.admission voice_server.allowance voice_server.journal voice_server.keys"
        " voice_server.lobby voice_server.request_ids voice_server.tokens",
        "starlette",
    ),
    "voice_server.refusals": Room(
        "voice_server.adapters.* voice_server.doors voice_server.errors voice_server.journal voice_server.messages"
        " voice_server.request_ids",
        "starlette",
    ),
    "voice_server.socket_doors": Room(
        "voice_server.connection voice_server.credentials voice_server.doors voice_server.entrance"
        " voice_server.errors voice_server.house voice_server.journal voice_server.keys voice_server.messages"
        " voice_server.refusals voice_server.request_ids",
        "starlette time",
    ),
    "voice_server.http_doors": Room(
        "voice_server.bodies voice_server.credentials voice_server.doors voice_server.entrance voice_server.errors"
        " voice_server.refusals voice_server.request_ids voice_server.speech",
        "starlette",
    ),
    "voice_server.front": Room(
        "engine.types voice_server.access voice_server.admission voice_server.allowance voice_server.config"
        " voice_server.connection voice_server.entrance voice_server.errors voice_server.house voice_server.journal"
        " voice_server.key_file voice_server.keys voice_server.metrics voice_server.socket_doors"
        " voice_server.speech voice_server.terms",
        "asyncio starlette time",
    ),
    "voice_server.pages": Room(
        "voice_server.bodies voice_server.exchange voice_server.front voice_server.openapi"
        " voice_server.reading voice_server.stats",
        "asyncio starlette time",
    ),
    "voice_server.clips": Room("engine.audio.* voice_server.errors", "asyncio"),
    "voice_server.enrolment": Room(
        "engine.audio.* engine.learning engine.types voice_server.bodies voice_server.clips voice_server.errors"
        " voice_server.forms voice_server.front voice_server.journal",
        "pydantic starlette",
    ),
    "voice_server.app": Room(
        "voice_server.config voice_server.demo voice_server.dialects voice_server.doors voice_server.enrolment"
        " voice_server.errors voice_server.front voice_server.http_doors voice_server.pages voice_server.reading"
        " voice_server.refusals voice_server.request_ids",
        "starlette",
    ),
    "voice_server.server": Room(
        "engine.types engine.process voice_server.adapters.* voice_server.app voice_server.config voice_server.errors"
        " voice_server.front voice_server.handshakes voice_server.journal voice_server.key_file voice_server.logs"
        " voice_server.progress voice_server.speech voice_server.tls",
        "asyncio signal socket starlette time uvicorn",
    ),
    # clients
    "voice_server.answers": Room("voice_server.messages"),
    "voice_server.client": Room("voice_server.answers voice_server.errors voice_server.messages", "asyncio websockets"),
    "voice_server.wav": Room(),
    "voice_server.sinks": Room("voice_server.wav", "subprocess"),
    "voice_server.private": Room("", "signal subprocess time"),
    "voice_server.say": Room("voice_server.client voice_server.sinks", "asyncio threading"),
    "voice_server.text": Room("engine.text.*"),
    "voice_server.voices": Room("engine.process engine.types voice_server.client voice_server.progress"),
    "voice_server.progress": Room("voice_server.journal"),
    "voice_server.findings": Room(),
    "voice_server.doctor_spark": Room("voice_server.cli_engine voice_server.findings", "subprocess"),
    "voice_server.doctor": Room(  # looks whether what others import is there, and works
        "engine.audio.opus engine.process engine.types voice_server.doctor_spark voice_server.findings"
        " voice_server.progress voice_server.sinks",
        "asyncio ctypes espeakng_loader socket time",
    ),
    "voice_server.bench.*": Room(
        "engine.audio.* engine.commands engine.text.* engine.types engine.wire"  # it drives an engine's process itself
        " voice_server.access voice_server.client voice_server.errors voice_server.key_file voice_server.keys"
        " voice_server.dialects voice_server.doors voice_server.messages voice_server.private voice_server.server",
        "asyncio httptools matplotlib numpy signal socket starlette subprocess threading time uvicorn uvloop",
    ),
    "voice_server.misuse": Room(),
    "voice_server.cli_keys": Room(
        "voice_server.allowance voice_server.key_file voice_server.keys voice_server.misuse", "time"
    ),
    "voice_server.cli_model": Room("engine.spark.* voice_server.misuse"),
    "voice_server.cli_engine": Room("voice_server.misuse"),
    "voice_server.cli_server": Room("voice_server.cli_engine voice_server.config voice_server.private"),
    "voice_server.cli_voices": Room(
        "voice_server.cli_engine voice_server.cli_server voice_server.client voice_server.config voice_server.misuse"
        " voice_server.voices",
        "asyncio",
    ),
    "voice_server.cli_serve": Room(
        "voice_server.cli_engine voice_server.cli_server voice_server.config voice_server.keys voice_server.misuse"
        " voice_server.server",
        "pydantic",
    ),
    "voice_server.cli_bench": Room(
        "voice_server.bench.* voice_server.cli_engine voice_server.cli_server voice_server.misuse voice_server.private",
        "signal",
    ),
    "voice_server.cli": Room(
        "voice_server.cli_bench voice_server.cli_engine voice_server.cli_keys voice_server.cli_model"
        " voice_server.cli_serve voice_server.cli_server voice_server.cli_voices voice_server.client"
        " voice_server.config voice_server.doctor voice_server.errors voice_server.misuse voice_server.private"
        " voice_server.say voice_server.sinks voice_server.text",
        "asyncio signal",
    ),
    "voice_server.__main__": Room("voice_server.cli"),
}

NAMES = frozenset(module.name for module in MODULES)


def covers(pattern: str, name: str) -> bool:
    if not pattern.endswith(".*"):
        return pattern == name
    return name == pattern[:-2] or name.startswith(pattern[:-1])


def room_of(name: str) -> str | None:
    return next((row for row in ROOMS if covers(row, name)), None)


def imported(module: Module, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything a module imports, wherever it does so, typing included."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                base = absolute(node, module)
                full = [f"{base}.{alias.name}" for alias in node.names]
                yield from ((node.lineno, name if name in known else base) for name in full)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def absolute(node: ast.ImportFrom, module: Module) -> str:
    if node.level == 0:
        return node.module or ""
    above = module.package.split(".")
    base = above[: len(above) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def wrong_imports(module: Module, known: frozenset[str] = NAMES) -> list[str]:
    row = room_of(module.name)
    if row is None:
        return [
            f"{module.path} is in no room: add a row for {module.name} to ROOMS in {Path(__file__).name}, with as few"
            " imports as it can live on; if the picture changes, to the list in CONTRIBUTING.md too"
        ]
    wrong = dict.fromkeys((line, name) for line, name in imported(module, known) if not may_import(row, name))
    return [
        f"{module.path}:{line}: {row} may not import {name} (the table is ROOMS in {Path(__file__).name})"
        for line, name in wrong
    ]


def may_import(row: str, name: str) -> bool:
    room, top = ROOMS[row], name.partition(".")[0]
    if top in PACKAGES:
        return any(covers(pattern, name) for pattern in (row, *room.ours.split()))
    if top in sys.stdlib_module_names and top not in GUARDED:
        return True
    return top in room.libraries.split()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_only_what_its_room_may(module: Module) -> None:
    wrong = wrong_imports(module)
    assert not wrong, "\n".join(wrong)


def test_every_row_of_the_table_is_a_room_that_exists() -> None:
    assert not [row for row in ROOMS if not any(covers(row, name) for name in NAMES)]


def test_the_table_lets_nobody_import_in_a_circle() -> None:
    graph: Mapping[str, list[str]] = {row: room.ours.split() for row, room in ROOMS.items()}
    assert set(TopologicalSorter(graph).static_order()) == set(ROOMS)


def test_the_table_keeps_the_two_packages_and_the_adapters_apart() -> None:
    engine_rooms = " ".join(room.ours for row, room in ROOMS.items() if row.startswith("engine"))
    adapters = ROOMS["voice_server.adapters.*"]
    assert "voice_server" not in engine_rooms
    assert not re.search(r"engine|session|starlette", f"{adapters.ours} {adapters.libraries}")
