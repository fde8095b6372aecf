from __future__ import annotations

from engine.types import EngineInfo, Voice
from voice_server.stand_ins import FEMALE, MALE, stand_ins

PAT = Voice("pat", "Pat", "en")


def info(*voices: Voice, variants: tuple[str, ...] = ()) -> EngineInfo:
    return EngineInfo("any", 48000, "pat", (PAT, *voices), variants)


def test_every_name_is_a_voice_that_the_engine_has() -> None:
    engine = info(variants=("Andy", "f1", "f2", "m1", "m10", "m2"))
    cast = stand_ins(engine)
    assert set(cast) == {*FEMALE, *MALE}
    assert len(cast) == 13
    assert all(engine.voice(voice) for voice in cast.values())
    assert {cast[name] for name in FEMALE} == {"pat+f1", "pat+f2"}
    assert {cast[name] for name in MALE} == {"pat+m1", "pat+m10", "pat+m2"}


def test_without_variants_all_of_them_are_the_default_voice() -> None:
    assert set(stand_ins(info()).values()) == {"pat"}


def test_a_name_that_the_engine_has_itself_needs_nobody() -> None:
    assert "nova" not in stand_ins(info(Voice("nova", "Nova", "en")))
