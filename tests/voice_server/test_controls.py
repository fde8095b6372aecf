"""A speed or a pitch for an engine that has none to set: speech comes all the same, and the client is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.tone import ToneEngine
from engine.types import EngineInfo
from tests.voice_server.talk import WORDS, Talk
from voice_server.messages import Options

ONE = WORDS[0]


class SteadyEngine(ToneEngine):
    """Has a volume to set, and nothing else."""

    @property
    def info(self) -> EngineInfo:
        return replace(super().info, controls=frozenset({"volume"}))


def warned(engine: ToneEngine, **options: object) -> list[tuple[str, str]]:
    """Return the codes and fields of the warnings that an utterance with these options gets; it is heard to its end."""
    talk = Talk(engine=engine, options=Options.model_validate({"max_lead_s": 0.0, **options}))
    heard = talk.ask({"text": ONE, "context_id": "a", "end": True})
    assert heard.types[-2:] == ["audio", "done"]
    return [(message["code"], message["field"]) for message in heard.of("warning")]


@pytest.mark.parametrize("name", ["speed", "pitch"])
def test_what_changes_nothing_is_warned_of_by_its_name(name: str) -> None:
    assert warned(SteadyEngine(), **{name: 1.5}) == [("unsupported_option", name)]


def test_two_that_change_nothing_are_one_warning() -> None:
    assert warned(SteadyEngine(), speed=1.5, pitch=0.8) == [("unsupported_option", "speed")]


@pytest.mark.parametrize("options", [{}, {"speed": 1.0, "pitch": 1}, {"volume": 0.5}])
def test_what_is_followed_or_as_it_is_anyway_is_nothing_to_warn_of(options: dict[str, object]) -> None:
    assert warned(SteadyEngine(), **options) == []


def test_an_engine_that_follows_all_warns_of_nothing() -> None:
    assert warned(ToneEngine(), speed=1.5, pitch=1.5, volume=0.5) == []
