from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from engine.spark.bicodec import BiCodec
from engine.spark.lm import SequenceId, Tokens
from engine.spark.lm_hash import HashLM
from engine.spark.planner import HOP, LOOKAHEAD
from engine.spark.superres import Resampled
from engine.types import Ended, Failed, Segment
from tests.engine.build import build_segment
from tests.engine.spark.comparing import distance
from tests.engine.spark.speaking import IDS, HashReader, build_engine, run, solo, speaker_of

pytestmark = pytest.mark.spark

TOLERANCE = 1e-5
"""What rounding comes to, which differs with the size of a batch."""


def ask(text: str = "hello there", voice: str = "one", seed: int = 0, exact: bool = True) -> Segment:
    return replace(build_segment(text, voice=voice), seed=seed, exact=exact)


def codes_of(segment: Segment) -> list[int]:
    """The tokens that the model makes of a segment when it is alone."""
    model = HashLM(IDS)
    reading = HashReader().read(segment)
    assert reading
    model.add(reading.sequence)
    made: list[int] = []
    while (tokens := model.step([segment.id])[0]).finish is None:
        made += reading.take(tokens.ids)
    return made


class Troubled(HashLM):
    """Goes wrong at a sequence, after some tokens of it."""

    def __init__(self, sequence_id: SequenceId, finish: str = "error") -> None:
        super().__init__(IDS)
        self._troubled, self._finish, self._num_left = sequence_id, finish, 30

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        return [self._spoilt(tokens) if tokens.sequence == self._troubled else tokens for tokens in super().step(due)]

    def _spoilt(self, tokens: Tokens) -> Tokens:
        self._num_left -= 1
        if self._num_left:
            return tokens
        self.abort(tokens.sequence)
        return Tokens(tokens.sequence, (), "error" if self._finish == "error" else "length")


def test_a_stream_is_the_whole(codec: BiCodec) -> None:
    segment = ask(seed=3)
    expected = Resampled().upsample(codec.decode(codes_of(segment), speaker_of("one")))
    assert distance(solo(codec, segment), expected) < TOLERANCE


def test_a_hurried_stream_is_the_whole_but_for_its_beginning(codec: BiCodec) -> None:
    segment, exact = ask(exact=False), ask(exact=True)
    early, whole = (solo(codec, each) for each in (segment, exact))
    assert early.size == whole.size
    num_previewed = 48 * 160
    assert distance(early[num_previewed + 960 :], whole[num_previewed + 960 :]) < TOLERANCE
    assert distance(early[:num_previewed], whole[:num_previewed]) > TOLERANCE


def test_a_first_sound_takes_twenty_tokens_or_92_if_it_has_to_be_exact(codec: BiCodec) -> None:
    num_steps = []
    for exact in (False, True):
        engine, segment = build_engine(codec), ask("a long enough text", exact=exact)
        engine.add(segment)
        due = {segment.id: -math.inf}
        num_steps.append(next(step for step in range(1, 100) if engine.step(due)))
    assert num_steps == [20, LOOKAHEAD + HOP]


def test_the_same_seed_says_the_same_and_another_one_something_else(codec: BiCodec) -> None:
    one, again, other = (solo(codec, ask(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert one.size != other.size or not np.array_equal(one, other)


def test_each_voice_is_its_own(codec: BiCodec) -> None:
    engine = build_engine(codec)
    segments = [ask(voice=voice) for voice in ("one", "two", "one")]
    for segment in segments:
        engine.add(segment)
    heard = run(engine, *segments)
    one, two, again = (heard.pcm(segment) for segment in segments)
    assert distance(one, again) < TOLERANCE
    assert one.size != two.size or distance(one, two) > 0.1


def test_volume_is_a_factor(codec: BiCodec) -> None:
    segment = ask()
    assert distance(solo(codec, replace(segment, volume=0.5)), 0.5 * solo(codec, segment)) < TOLERANCE


@pytest.mark.parametrize("num_steps", [0, 1, 19, 20, 60, 75, 100])
def test_an_abort_frees_the_slot_at_once_in_every_phase(codec: BiCodec, num_steps: int) -> None:
    engine = build_engine(codec, HashLM(IDS, capacity=1))
    dropped, kept = ask("this one is dropped"), ask("this one is kept")
    for segment in (dropped, kept):
        engine.add(segment)
    due = {dropped.id: -math.inf, kept.id: -math.inf}
    for _ in range(num_steps):
        engine.step(due)
    engine.abort(dropped.id)
    before = engine.counts.lm_rows
    engine.step(due)
    assert engine.counts.lm_rows == before + 1
    heard = run(engine, kept)
    assert dropped.id not in heard.chunks
    assert distance(heard.pcm(kept), solo(codec, kept)) < TOLERANCE


def test_numbers_that_are_none_cost_one_segment(codec: BiCodec) -> None:
    broken, sound = ask("broken"), ask("sound")
    engine = build_engine(codec, Troubled(broken.id))
    for segment in (broken, sound):
        engine.add(segment)
    heard = run(engine, broken, sound)
    assert isinstance(failed := heard.over[broken.id], Failed)
    assert "numbers" in failed.message
    assert heard.over[sound.id] == Ended(sound.id)
    assert distance(heard.pcm(sound), solo(codec, sound)) < TOLERANCE


def test_a_codec_that_makes_no_numbers_costs_one_segment(codec: BiCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, broken, sound = build_engine(codec), ask("broken"), ask("sound")
    for segment in (broken, sound):
        engine.add(segment)
    step = codec.step
    monkeypatch.setattr(codec, "step", lambda feeds: [step(feeds)[0] * np.float32(math.nan), *step(feeds[1:])])
    assert isinstance(run(engine, broken).over[broken.id], Failed)
    monkeypatch.undo()
    assert run(engine, sound).over[sound.id] == Ended(sound.id)


def test_a_sequence_that_used_up_its_budget_is_heard_to_there_and_counted(codec: BiCodec) -> None:
    segment = ask()
    engine = build_engine(codec, Troubled(segment.id, "length"))
    engine.add(segment)
    heard = run(engine, segment)
    assert heard.over[segment.id] == Ended(segment.id)
    assert heard.pcm(segment).size == 29 * 960
    assert engine.counts.cut_budget == 1


def test_an_unknown_voice_costs_its_segment(codec: BiCodec) -> None:
    engine, segment = build_engine(codec), ask(voice="nobody")
    engine.add(segment)
    assert isinstance(run(engine, segment).over[segment.id], Failed)
