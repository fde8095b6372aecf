from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.learning import VoiceRefused
from engine.spark.made_up import PRESETS
from engine.spark.voice_book import VoiceBook
from engine.spark.voice_files import SparkVoice, Style, VoiceError, VoiceFolder
from engine.types import Pcm, Voice

TOKENS = tuple(range(32))
CLIP = np.zeros(48_000, np.float32)
ASHA = Voice("asha", "Asha", "hi", "female")


def make(voices: Iterable[SparkVoice]) -> list[SparkVoice]:
    return [replace(voice, tokens=(len(voice.id),) * 32) for voice in voices]


def listen(pcm: Pcm) -> list[int]:
    return [pcm.size // 16_000] * 32


def build(folder: Path, own: Iterable[SparkVoice] = PRESETS[:2]) -> VoiceBook:
    return VoiceBook(own, VoiceFolder(folder))


def refuse(book: VoiceBook, voice: Voice = ASHA) -> str:
    before = dict(book)
    with pytest.raises(VoiceRefused) as caught:
        book.enroll(voice, CLIP, listen)
    assert dict(book) == before
    return str(caught.value)


def test_the_models_voices_are_made_up_once_and_kept(tmp_path: Path) -> None:
    book = build(tmp_path)
    assert list(book) == []
    book.complete(make)
    assert [voice.id for voice in book.listed] == ["female", "female-low"]

    def never(voices: Iterable[SparkVoice]) -> list[SparkVoice]:
        raise AssertionError(voices)

    again = build(tmp_path)
    again.complete(never)
    assert dict(again) == dict(book)


def test_a_voice_that_somebody_described_in_a_file_is_made_up_too(tmp_path: Path) -> None:
    VoiceFolder(tmp_path).keep(SparkVoice("bass", gender="male", style=Style("very_low")))
    book = build(tmp_path)
    book.complete(make)
    assert book["bass"].tokens == (4,) * 32
    assert build(tmp_path)["bass"].tokens == (4,) * 32


def test_a_voice_that_the_model_could_not_name_is_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = build(tmp_path)
    with caplog.at_level(logging.WARNING):
        book.complete(lambda voices: make(voices)[:1])
    assert list(book) == ["female"]
    assert "named no speaker for female-low" in caplog.text


def test_a_model_without_any_voice_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="there is no voice"):
        build(tmp_path).complete(lambda voices: [])


def test_a_folder_that_cannot_be_written_makes_the_start_slow_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "voices").write_text("in the way", "utf-8")
    book = build(tmp_path / "voices")
    book.complete(make)
    assert len(book) == 2
    assert "cannot be kept" in caplog.text


def test_a_voice_that_is_learnt_is_there_now_and_after_a_restart(tmp_path: Path) -> None:
    book = build(tmp_path)
    book.complete(make)
    book.enroll(ASHA, CLIP, listen)
    assert book["asha"] == SparkVoice("asha", "Asha", "hi", "female", (3,) * 32)
    assert book.listed[-1] == ASHA
    assert build(tmp_path)["asha"] == book["asha"]


def test_a_name_in_use_is_not_taken_again(tmp_path: Path) -> None:
    book = build(tmp_path)
    book.complete(make)
    book.enroll(ASHA, CLIP, listen)
    assert "there is a voice 'asha' already" in refuse(book)
    assert "there is a voice 'female' already" in refuse(book, replace(ASHA, id="female"))


@pytest.mark.parametrize("name", ["../asha", "", "A", "con"])
def test_a_name_that_is_no_files_is_refused(tmp_path: Path, name: str) -> None:
    book = build(tmp_path / "voices")
    assert "a voice's name is 1 to 64 of" in refuse(book, replace(ASHA, id=name))
    assert not list(tmp_path.iterdir())


def test_a_clip_that_no_voice_can_be_told_by_is_refused(tmp_path: Path) -> None:
    def cannot(pcm: Pcm) -> list[int]:
        raise ValueError("the clip has no samples")

    with pytest.raises(VoiceRefused, match="the clip has no samples"):
        build(tmp_path).enroll(ASHA, CLIP, cannot)
    with pytest.raises(VoiceRefused, match="32 speaker tokens, not 3"):
        build(tmp_path).enroll(ASHA, CLIP, lambda pcm: [1, 2, 3])


def test_a_voice_that_cannot_be_kept_is_not_learnt(tmp_path: Path) -> None:
    book = build(tmp_path / "voices")
    (tmp_path / "voices").write_text("in the way", "utf-8")
    assert "cannot be written" in refuse(book)


def test_a_learnt_voice_is_forgotten_and_the_models_own_are_not(tmp_path: Path) -> None:
    book = build(tmp_path)
    book.complete(make)
    book.enroll(ASHA, CLIP, listen)
    book.forget("asha")
    assert "asha" not in book
    assert "asha" not in build(tmp_path)
    with pytest.raises(VoiceRefused, match="there is no voice 'asha'"):
        book.forget("asha")
    with pytest.raises(VoiceRefused, match="'female' is the model's own"):
        book.forget("female")
    assert "female" in build(tmp_path)


def test_a_file_that_is_no_voice_ends_the_start_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "asha.json").write_text("{}", "utf-8")
    with pytest.raises(VoiceError, match=r"asha\.json: give it tokens"):
        build(tmp_path)
