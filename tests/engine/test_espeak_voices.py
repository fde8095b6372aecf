from __future__ import annotations

import re

import numpy as np
import pytest

from engine import _espeak_ng, espeak_voices
from engine.types import Voice
from tests.engine.espeaking import engine, say

INDIC = ["hi", "te", "ta", "bn", "kn", "ml", "mr", "gu", "pa", "or", "as", "ur", "ne", "si", "sd", "kok", "bpy"]

NATIVE = {"chr": "ᎣᏏᏲ", "cv": "Салам", "sjn": "mellon nin"}
"""Voices that say nothing of digits."""


def voice_of(language: str) -> Voice:
    voice = engine().info.voice_for(language)
    assert voice is not None
    return voice


def test_every_voice_is_audible_and_none_writes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    silent = [voice.id for voice in engine().info.voices if not say(NATIVE.get(voice.id, "1 2 3"), voice.id).audible]
    assert silent == []
    assert capfd.readouterr().err == ""


def test_every_variant_is_audible_with_more_than_one_voice() -> None:
    variants = engine().info.variants
    assert len(variants) > 100
    assert {"f3", "whisper", "Mr serious", "klatt4"} <= set(variants)
    for voice in ("en-us", "hi"):
        assert [name for name in variants if not say("1 2 3", f"{voice}+{name}").audible] == []


def test_a_variant_changes_how_a_voice_sounds() -> None:
    def brightness(voice: str) -> float:
        pcm = say("Hello there, my friend.", voice).pcm
        power = np.abs(np.fft.rfft(pcm)) ** 2
        return float(np.sum(power * np.arange(len(power))) / np.sum(power) / len(power))

    assert brightness("en-us+whisper") > 2 * brightness("en-us")


def test_a_voice_sounds_the_same_after_any_variant() -> None:
    text = "Hello there, my friend."
    normal = say(text)
    for name in engine().info.variants:
        say("1", f"en-us+{name}")
        after = say(text)
        assert after.seconds == pytest.approx(normal.seconds, rel=0.03), name
        level = np.std(after.pcm) / np.std(normal.pcm)
        assert level == pytest.approx(1.0, abs=0.15), name


def test_ids_are_unique_lower_case_tags_and_languages_are_written_as_usual() -> None:
    voices = engine().info.voices
    assert len({voice.id for voice in voices}) == len(voices) > 130
    assert all(re.fullmatch(r"[a-z]{2,4}(-[a-z0-9]+)*", voice.id) for voice in voices)
    languages = {voice.id: voice.language for voice in voices}
    assert languages["en-us"] == "en-US"
    assert languages["fa-latn"] == "fa-Latn"
    assert languages["vi-vn-x-central"] == "vi-VN-x-central"
    assert {languages["yue"], languages["yue-latn-jyutping"]} == {"yue", "yue-Latn-jyutping"}


def test_the_indian_languages_are_there() -> None:
    assert {voice.id for voice in engine().info.voices} >= set(INDIC)
    assert [voice_of(f"{language}-IN").id for language in INDIC] == INDIC


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en", "en-us"),
        ("en-GB", "en-gb"),
        ("fr", "fr-fr"),
        ("zh", "cmn"),
        ("zh-CN", "cmn"),
        ("cmn", "cmn"),
        ("nb-NO", "nb"),
        ("pt-BR", "pt-br"),
    ],
)
def test_a_language_finds_its_plainest_voice(language: str, voice: str) -> None:
    assert voice_of(language).id == voice


def test_every_voice_left_out_is_in_the_wheel_and_has_a_reason() -> None:
    listed = {voice.identifier for voice in _espeak_ng.load().voices()}
    assert set(espeak_voices.LEFT_OUT) <= listed
    assert all(espeak_voices.LEFT_OUT.values())
    assert len(engine().info.voices) == len(listed) - len(espeak_voices.LEFT_OUT)


def test_voices_that_share_a_tag_speak_for_themselves() -> None:
    jyutping = "nei5 hou2"
    assert say(jyutping, "yue").seconds != pytest.approx(say(jyutping, "yue-latn-jyutping").seconds, rel=0.05)
