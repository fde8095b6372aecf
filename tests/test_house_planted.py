"""That the rules of test_house.py find what is against them."""

from __future__ import annotations

import pytest

from tests.modules import Module
from tests.test_house import NAMES, wrong_imports


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("engine.tail", "import voice_server.session"),
        ("engine.tail", "from voice_server import session"),
        ("engine.tail", "def speak():\n    from engine.loop import EngineLoop"),
        ("engine.tail", "import importlib\nimportlib.import_module('engine.loop')"),
        ("engine.tail", "from importlib import import_module\nimport_module('engine.loop')"),
        ("engine.tail", "import torch"),
        ("engine.scheduler", "import numpy.linalg as la"),
        ("engine.scheduler", "from time import monotonic"),
        ("engine.audio.frames", "import engine.text"),
        ("engine.audio.frames", "from ..text import anything"),
        ("voice_server.adapters.native", "from voice_server import messages, session"),
        ("voice_server.adapters.native", "from ..session import Session"),
        ("voice_server.adapters.native", "import engine.types"),
        ("voice_server.session", "import asyncio"),
        ("voice_server.session", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import voice_server.app"),
        ("voice_server.client", "from starlette.websockets import WebSocket"),
    ],
)
def test_a_planted_wrong_import_is_found(name: str, source: str) -> None:
    planted = Module(name, name.replace(".", "/") + ".py", source)
    known = NAMES | {"voice_server.session", "engine.loop"}
    assert len(wrong_imports(planted, known)) == 1


def test_a_module_in_no_room_is_told_what_to_do() -> None:
    (message,) = wrong_imports(Module("voice_server.attic", "voice_server/attic.py", ""))
    assert "add a row for voice_server.attic to ROOMS" in message


def test_modules_of_one_package_may_import_each_other_and_the_plain_standard_library() -> None:
    source = "import json\nfrom .frames import anything\nfrom engine.audio import encode\nimport numpy as np"
    assert wrong_imports(Module("engine.audio.resample", "engine/audio/resample.py", source)) == []
