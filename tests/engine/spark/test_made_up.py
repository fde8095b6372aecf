from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random

import pytest

from engine.spark.lm import Sequence, SequenceId, Tokens
from engine.spark.made_up import PRESETS, TEXT, Maker
from engine.spark.prompting import Prompting, parse_prompting
from engine.spark.prompts import Prompts
from engine.spark.voice_files import SparkVoice, Style, describe, read_voice
from tests.engine.spark.spelling import PUBLIC

Says = Callable[[Sequence], list[int]]


class SayingLM:
    """An LM that says to each sequence what a function says, a few ids a step, of a few sequences at a time."""

    def __init__(self, says: Says, capacity: int = 4) -> None:
        self.asked: list[Sequence] = []
        self.num_steps = 0
        self._says = says
        self._left: dict[SequenceId, list[int]] = {}
        self._capacity = capacity

    @property
    def capacity(self) -> int:
        return self._capacity

    def add(self, sequence: Sequence) -> None:
        self.asked.append(sequence)
        self._left[sequence.id] = self._says(sequence)[: sequence.max_tokens]

    def abort(self, sequence_id: SequenceId) -> None:
        self._left.pop(sequence_id, None)

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        self.num_steps += 1
        made = []
        for sequence_id in [known for known in due if known in self._left][: self._capacity]:
            said, left = self._left[sequence_id][:5], self._left[sequence_id][5:]
            self._left[sequence_id] = left
            if not left:
                del self._left[sequence_id]
            made.append(Tokens(sequence_id, tuple(said), None if left else "stop"))
        return made

    def close(self) -> None: ...

    @property
    def idle(self) -> bool:
        return not self._left


def speaker(seed: int) -> list[int]:
    random = Random(seed)
    return [random.randrange(4096) for _ in range(32)]


def to_order(sequence: Sequence) -> list[int]:
    """What the public model says to a style, at some length."""
    named = [PUBLIC.global_tokens[code] for code in speaker(sequence.sampling.seed)]
    return [165149, 164076, 164979, 165155, 165150, *named, 165156, 165151, *range(155761, 155861)]


def build(says: Says = to_order, prompting: Prompting | None = None) -> tuple[Maker, SayingLM]:
    model = SayingLM(says)
    return Maker(model, PUBLIC, prompting or Prompting()), model


def test_every_preset_is_made_with_its_speaker_and_the_values_chosen_for_it() -> None:
    maker, model = build()
    made = maker.make(PRESETS)
    assert [voice.id for voice in made] == [voice.id for voice in PRESETS]
    for voice, asked in zip(made, model.asked, strict=True):
        assert list(voice.tokens) == speaker(asked.sampling.seed)
        assert voice.style
        assert voice.style.values == (123, 4)
    assert len({voice.tokens for voice in made}) == len(PRESETS)


def test_presets_are_women_and_men_of_several_pitches_and_paces() -> None:
    styles = {(voice.gender, voice.style.pitch, voice.style.speed) for voice in PRESETS if voice.style}
    assert len(styles) == len(PRESETS) == 10
    assert {voice.gender for voice in PRESETS} == {"female", "male"}
    assert all(read_voice(voice.id, describe(voice), "a file") == voice for voice in PRESETS)


def test_the_same_voice_is_made_the_same_whoever_is_made_beside_it() -> None:
    (alone,) = build()[0].make(PRESETS[3:4])
    assert alone in build()[0].make(PRESETS)


def test_they_are_asked_for_by_their_style_and_free_to_say_anything() -> None:
    maker, model = build()
    maker.make(PRESETS[:1])
    (asked,) = model.asked
    assert asked.prompt == Prompts(PUBLIC, Prompting()).make_up(PRESETS[0], TEXT).ids
    assert not asked.semantic_only


def test_nothing_is_asked_for_beyond_the_speaker() -> None:
    maker, model = build()
    maker.make(PRESETS[:4])
    assert model.idle
    assert model.num_steps == 8  # 37 ids by 5


def test_a_fine_tunes_speaker_is_made_up_for_its_name() -> None:
    prompting = parse_prompting('template = "{speaker}: {text}"\n[voices.acholi]\nspeaker = "241"')
    named = [PUBLIC.global_tokens[code] for code in range(32)]
    maker, model = build(lambda sequence: [*named, 165156, 165151, 155761], prompting)
    (voice,) = maker.make(prompting.voices)
    assert (voice.id, voice.speaker, voice.tokens, voice.style) == ("acholi", "241", tuple(range(32)), None)
    assert model.asked[0].prompt[-1] == PUBLIC.start_global_token


def test_a_model_that_names_no_speaker_at_once_is_asked_again_with_another_seed() -> None:
    first = Maker(SayingLM(to_order), PUBLIC, Prompting()).make(PRESETS[:2])
    seeds = list[int]()

    def hesitates(sequence: Sequence) -> list[int]:
        seeds.append(sequence.sampling.seed)
        return to_order(sequence) if len(seeds) > 2 else [155761] * 10

    again = Maker(SayingLM(hesitates), PUBLIC, Prompting()).make(PRESETS[:2])
    assert [voice.id for voice in again] == [voice.id for voice in first]
    assert len(set(seeds)) == 4


@pytest.mark.parametrize(
    "said",
    [[155761] * 100, [72, 105] * 40, [165150, *range(151665, 151696), 165156, 165151], [165150] * 200],
    ids=["speech at once", "text", "one token short", "nothing but a marker"],
)
def test_a_model_that_never_names_a_whole_speaker_makes_no_voice_and_comes_to_an_end(said: list[int]) -> None:
    maker, model = build(lambda sequence: said)
    assert maker.make(PRESETS) == []
    assert model.idle
    assert len(model.asked) == 3 * len(PRESETS)


def test_a_voice_without_a_style_or_a_speaker_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="neither a style nor a speaker"):
        build()[0].make([SparkVoice("asha")])
    assert build()[0].make([]) == []


def test_a_style_without_both_values_is_a_voice_all_the_same() -> None:
    named = [PUBLIC.global_tokens[code] for code in range(32)]
    maker, _ = build(lambda sequence: [165149, 164076, 165155, 165150, *named, 165156, 165151, 155761])
    (voice,) = maker.make(PRESETS[:1])
    assert (voice.tokens, voice.style) == (tuple(range(32)), Style())
