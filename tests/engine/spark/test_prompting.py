from __future__ import annotations

from pathlib import Path

import pytest

from engine.spark.lm import Sampling
from engine.spark.prompting import Prompting, PromptingError, parse_prompting, read_prompting
from engine.spark.voice_files import SparkVoice

TOKENS = list(range(100, 132))

FULL = f"""
template = "{{speaker}}: {{text}}"
marker = false

[sampling]
temperature = 0.7
top_k = 30

[tags]
laugh = "<laughs>"
"clear throat" = "<clears throat>"

[voices.asha]
speaker = "248"
language = "lg"
gender = "female"

[voices.otieno]
speaker = "246"
tokens = {TOKENS}
"""


def test_the_public_model_needs_no_file(tmp_path: Path) -> None:
    prompting = read_prompting(tmp_path)
    assert prompting == Prompting()
    assert (prompting.template, prompting.marker) == ("{text}", True)
    assert (dict(prompting.tags), prompting.voices, prompting.sampling) == ({}, (), Sampling(0.8, 50, 0.95, 1.0))


def test_everything_that_may_differ_is_read(tmp_path: Path) -> None:
    (tmp_path / "voice.toml").write_text(FULL, "utf-8")
    assert read_prompting(tmp_path) == Prompting(
        template="{speaker}: {text}",
        marker=False,
        sampling=Sampling(temperature=0.7, top_k=30),
        tags={"laugh": "<laughs>", "clear throat": "<clears throat>"},
        voices=(
            SparkVoice("asha", language="lg", gender="female", speaker="248"),
            SparkVoice("otieno", speaker="246", tokens=tuple(TOKENS)),
        ),
    )


def test_a_voice_understands_the_models_tags_unless_it_has_its_own() -> None:
    prompting = Prompting(tags={"laugh": "<laughs>"})
    assert prompting.tags_of(SparkVoice("a")) == {"laugh": "<laughs>"}
    assert prompting.tags_of(SparkVoice("a", tags={"sigh": "[sighs]"})) == {"sigh": "[sighs]"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("template = ", "voice.toml is not TOML"),
        ("templat = '{text}'", "there is no field 'templat': is it misspelt?"),
        ("template = 'text'", "template: it must hold {text} once, not 'text'"),
        ("template = '{text}{text}'", "template: it must hold {text} once"),
        ("template = 3", "template: Input should be a valid string, not 3"),
        ("template = 2026-11-25", "template: it must hold {text} once, not '2026-11-25'"),
        ("marker = 'yes'", "marker: Input should be a valid boolean, not 'yes'"),
        ("sampling = 0.7", "sampling: Input should be an object, not 0.7"),
        ("[sampling]\ntemperature = 3.5", "sampling.temperature: Input should be less than or equal to 2, not 3.5"),
        ("[sampling]\ntemperature = nan", "sampling.temperature: Input should be"),
        ("[sampling]\nseed = 3", "there is no field 'sampling.seed'"),
        ("[tags]\nlaughter = '<laughs>'", "tags: there is no tag 'laughter'"),
        ("[tags]\nlaugh = ''", "tags.laugh: String should have at least 1 character"),
        ("[voices.asha]\nspeaker = 248", "voices.asha: speaker: Input should be a valid string, not 248"),
        ("[voices.asha]\nspeaker = '248'", "voices.asha: there is a speaker, but the template has no {speaker}"),
        ("template = '{speaker}: {text}'\n[voices.asha]\nstyle = {}\ngender = 'male'", "speaker is missing"),
        ("[voices.asha]\ntokens = [1, 2]", "voices.asha: tokens: Tuple should have at least 32 items"),
        ("[voices.'../x']\nspeaker = 'x'", "voices.../x: a voice's name is"),
        ("[voices.asha]\nlanguage = 'lg'", "voices.asha: give it tokens, or a style or a speaker"),
        ("voices = 3", "voices: Input should be an object, not 3"),
        ("[voices]\nasha = 3", "voices.asha: Input should be an object, not 3"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    with pytest.raises(PromptingError) as caught:
        parse_prompting(text)
    assert told in str(caught.value)
    assert str(caught.value).startswith("voice.toml")


def test_a_file_that_is_no_text_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "voice.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptingError, match=r"voice\.toml cannot be read"):
        read_prompting(tmp_path)
