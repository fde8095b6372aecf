"""What holds for any mixture of utterances: the same samples as offline, and nobody hears anybody else."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.local import LocalLoop
from engine.tone import ToneEngine, hear, vocabulary
from engine.types import Delivery, Output
from tests.engine.assembly import Part, assemble, spoken
from tests.engine.build import Clock, Heard, build_segment

WORDS = vocabulary(400)
F32 = Output("pcm_f32le", 48000)
BUSY = settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure


@dataclass(frozen=True)
class Line:
    """A segment of a script: its words, the gap before it, and whether a flush follows."""

    text: str
    gap_ms: int
    flushed: bool


lines = st.builds(
    Line,
    text=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    gap_ms=st.sampled_from([0, 0, 150]),
    flushed=st.booleans(),
)
scripts = st.lists(st.lists(lines, min_size=1, max_size=3), min_size=1, max_size=5)


def perform(
    scripts: list[list[Line]], chunk_ms: float, output: Output, max_lead_s: float = 0.0, seed: int = 0
) -> list[Heard]:
    """Speak all of these at once, with the commands of different utterances and the steps between them mixed."""
    clock, dice = Clock(), random.Random(seed)
    loop = LocalLoop(ToneEngine(chunk_ms=chunk_ms), clock, clock.advance)
    heard = [Heard(output) for _ in scripts]
    commands = [list[tuple[int, Line]]((number, line) for line in script) for number, script in enumerate(scripts, 1)]
    for number, one in enumerate(heard, 1):
        loop.open(number, output, max_lead_s, one)
        for _, line in commands[number - 1]:
            loop.submit(build_segment(line.text, number, line.gap_ms))
            if line.flushed:
                loop.flush(number, 1)
        loop.close(number)
        for _ in range(dice.randrange(3)):
            loop.step()
    loop.run()
    return heard


def offline(script: list[Line]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return assemble([Part(spoken(line.text), line.gap_ms, released=line.flushed) for line in script])


def times(heard: Heard) -> list[tuple[int, float, float]]:
    return [(word.start, round(word.start_s, 6), round(word.end_s, 6)) for word in heard.words]


@given(scripts, st.floats(0.5, 300), st.sampled_from([0.0, 0.1]), st.integers(0, 9))
@settings(BUSY, max_examples=25)
def test_streamed_audio_equals_the_offline_assembly_however_chunks_fell_and_batches_mixed(
    scripts: list[list[Line]], chunk_ms: float, max_lead_s: float, seed: int
) -> None:
    for script, heard in zip(scripts, perform(scripts, chunk_ms, F32, max_lead_s, seed), strict=True):
        assert heard.closed
        assert np.array_equal(heard.pcm, offline(script))


@given(scripts, st.floats(0.5, 300), st.sampled_from([Output("mulaw", 8000), Output("pcm_s16le", 22050)]))
@settings(BUSY, max_examples=15)
def test_the_bytes_do_not_depend_on_chunks_and_batches_at_other_rates_either(
    scripts: list[list[Line]], chunk_ms: float, output: Output
) -> None:
    together = perform(scripts, chunk_ms, output)
    alone = [perform([script], 20, output)[0] for script in scripts]
    assert [heard.data for heard in together] == [heard.data for heard in alone]
    assert [times(heard) for heard in together] == [times(heard) for heard in alone]


def test_hundreds_of_utterances_hear_only_their_own_words_while_others_are_aborted() -> None:
    dice = random.Random(7)
    clock = Clock()
    loop = LocalLoop(ToneEngine(), clock, clock.advance)
    heard = {number: Heard(F32) for number in range(1, 201)}
    aborted: dict[int, int] = {}
    for number, one in heard.items():
        loop.open(number, F32, 0.0, one)
        loop.submit(build_segment(" ".join([WORDS[number]] * 3), number))
        loop.close(number)
        if dice.random() < 0.3:
            victim = dice.randrange(1, number + 1)
            loop.abort(victim)
            aborted.setdefault(victim, heard[victim].num_samples)
        if dice.random() < 0.5:
            loop.step()
    loop.run()
    for number, one in heard.items():
        if number in aborted and not one.closed:
            assert one.num_samples == aborted[number]
            assert set(hear(one.pcm, 48000, WORDS)) <= {WORDS[number]}
        else:
            assert hear(one.pcm, 48000, WORDS) == [WORDS[number]] * 3
    assert len(aborted) > 20


def test_an_utterance_opened_from_within_a_delivery_is_heard() -> None:
    clock = Clock()
    loop = LocalLoop(ToneEngine(), clock, clock.advance)
    first, second = Heard(F32), Heard(F32)

    def then_another(delivery: Delivery) -> None:
        first(delivery)
        if delivery.closed:
            loop.open(2, F32, 0.0, second)
            loop.submit(build_segment("bade", 2))
            loop.close(2)

    loop.open(1, F32, 0.0, then_another)
    loop.submit(build_segment("bako", 1))
    loop.close(1)
    loop.run()
    assert hear(first.pcm, 48000, WORDS) == ["bako"]
    assert hear(second.pcm, 48000, WORDS) == ["bade"]
