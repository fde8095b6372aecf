from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from engine.spark.bicodec import BiCodec
from engine.spark.carry import Carry
from engine.spark.stream import Feed, Stream
from engine.types import Pcm
from tests.engine.spark.comparing import cut_at, distance

pytestmark = pytest.mark.spark

Golden = dict[str, NDArray[Any]]
TOLERANCE = 1e-5
cuts = st.lists(st.integers(0, 160), max_size=12)
slow = settings(max_examples=25)


def streamed(codec: BiCodec, pieces: list[NDArray[Any]], voice: object) -> Pcm:
    stream = codec.stream(voice)
    return np.concatenate([*(stream.push(piece) for piece in pieces), stream.flush()])


@slow
@given(cuts=cuts, length=st.integers(0, 160))
def test_however_tokens_are_cut_the_stream_is_the_whole(
    codec: BiCodec, golden: Golden, cuts: list[int], length: int
) -> None:
    ids, voice = golden["sem_a_160"][:length], golden["global_a"]
    assert distance(streamed(codec, cut_at(ids, cuts), voice), codec.decode(ids, voice)) < TOLERANCE


@pytest.mark.parametrize("hop", [1, 4, 25, 50])
def test_it_streams_what_the_reference_makes_of_the_whole(codec: BiCodec, golden: Golden, hop: int) -> None:
    pieces = cut_at(golden["sem_b_160"], list(range(0, 160, hop)))
    assert distance(streamed(codec, pieces, golden["global_b"]), golden["wave_b_160"]) < TOLERANCE


def test_sound_is_never_more_than_67_tokens_behind(codec: BiCodec, golden: Golden) -> None:
    stream, num_samples = codec.stream(golden["global_a"]), 0
    for num_tokens, token in enumerate(golden["sem_a_160"], 1):
        num_samples += stream.push([token]).size
        assert 320 * (num_tokens - 67) <= num_samples <= 320 * max(num_tokens - 66, 0)


def test_a_stream_begins_anew_after_its_flush(codec: BiCodec, golden: Golden) -> None:
    stream = codec.stream(golden["global_a"])
    for _ in range(2):
        wave = np.concatenate([stream.push(golden["sem_a_50"]), stream.flush()])
        assert distance(wave, golden["wave_a_50"]) < TOLERANCE


def test_a_flush_of_nothing_is_nothing(codec: BiCodec, golden: Golden) -> None:
    assert codec.stream(golden["global_a"]).flush().size == 0


def test_what_a_stream_keeps_does_not_grow(codec: BiCodec, golden: Golden) -> None:
    def kept(stream: Stream) -> int:
        tails = [tail for lane in (stream.tokens, stream.frames) for tail in lane.tails or ()]
        tensors = [*tails, stream.tokens.waiting, stream.frames.waiting, stream.known]
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors)

    stream = codec.stream(golden["global_a"])
    stream.push(golden["sem_a_160"])
    early = kept(stream)
    for _ in range(5):
        stream.push(golden["sem_a_50"])
    assert kept(stream) == early


def test_an_id_that_is_none_leaves_the_stream_as_it_was(codec: BiCodec, golden: Golden) -> None:
    stream = codec.stream(golden["global_a"])
    first = stream.push(golden["sem_a_50"][:30])
    with pytest.raises(ValueError, match="semantic id 9999"):
        stream.push([1, 9999])
    wave = np.concatenate([first, stream.push(golden["sem_a_50"][30:]), stream.flush()])
    assert distance(wave, golden["wave_a_50"]) < TOLERANCE


# many at a time


def test_streams_that_step_together_sound_as_they_do_alone(codec: BiCodec, golden: Golden) -> None:
    ids, voices = golden["sem_a_160"], [golden["global_a"], golden["global_b"], np.arange(32), np.arange(32) * 7]
    streams = [codec.stream(voice) for voice in voices]
    out: list[list[Pcm]] = [[] for _ in streams]
    for piece in [*cut_at(ids, [70, 95, 120, 145]), None]:
        made = codec.step(
            [Feed(s, torch.from_numpy(ids[:0] if piece is None else piece), piece is None) for s in streams]
        )
        for pieces, pcm in zip(out, made, strict=True):
            pieces.append(pcm)
    for voice, pieces in zip(voices, out, strict=True):
        assert distance(np.concatenate(pieces), codec.decode(ids, voice)) < TOLERANCE


def test_equal_windows_make_one_call(codec: BiCodec, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [codec.stream(voice) for voice in (golden["global_a"], golden["global_b"])]
    ids = torch.from_numpy(golden["sem_a_160"])
    codec.step([Feed(stream, ids[:80]) for stream in streams])
    batches: list[int] = []
    stage = codec._stepper._stages[1]
    run = stage._run

    def counting(frames: Tensor, streams: Sequence[Stream], carry: Carry) -> Tensor:
        batches.append(len(frames))
        return run(frames, streams, carry)

    monkeypatch.setattr(stage, "_run", counting)
    codec.step([Feed(stream, ids[80:105]) for stream in streams])
    assert batches == [2]


def test_a_stream_is_fed_once_in_a_step(codec: BiCodec, golden: Golden) -> None:
    stream = codec.stream(golden["global_a"])
    ids = torch.from_numpy(golden["sem_a_7"])
    with pytest.raises(ValueError, match="fed twice"):
        codec.step([Feed(stream, ids), Feed(stream, ids)])


@st.composite
def crowds(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Return steps; in each, some of six streams get some tokens. A stream that gets 0 is cancelled and begins anew."""
    hops = st.sampled_from([0, 1, 7, 25, 25, 25, 60])
    step = st.dictionaries(st.integers(0, 5), hops, min_size=1, max_size=6).map(lambda chosen: list(chosen.items()))
    return draw(st.lists(step, min_size=1, max_size=12))


@settings(max_examples=15)
@given(steps=crowds(), seed=st.integers(0, 99))
def test_no_stream_hears_another_however_they_join_leave_and_are_cancelled(
    codec: BiCodec, steps: list[list[tuple[int, int]]], seed: int
) -> None:
    draw = np.random.default_rng(seed)
    voices = draw.integers(0, 4096, (6, 32))
    streams = [codec.stream(voice) for voice in voices]
    fed: list[list[NDArray[Any]]] = [[] for _ in streams]
    out: list[list[Pcm]] = [[] for _ in streams]
    for step in steps:
        for at, hop in step:
            if hop == 0:
                streams[at], fed[at], out[at] = codec.stream(voices[at]), [], []
        going = [(at, draw.integers(0, 512, hop)) for at, hop in step if hop]
        made = codec.step([Feed(streams[at], torch.from_numpy(ids)) for at, ids in going])
        for (at, ids), pcm in zip(going, made, strict=True):
            fed[at].append(ids)
            out[at].append(pcm)
    last = codec.step([Feed(stream, torch.zeros(0, dtype=torch.long), is_last=True) for stream in streams])
    for at, pcm in enumerate(last):
        if fed[at]:
            whole = codec.decode(np.concatenate(fed[at]), voices[at])
            assert distance(np.concatenate([*out[at], pcm]), whole) < TOLERANCE


# the ramp


def listening(stream: Stream, ids: NDArray[Any], hop: int) -> list[Pcm]:
    """Feed a stream as a language model does whose listener hears at once: twice as fast as it sounds."""
    lead_s, out = -inf, []
    for piece in cut_at(ids, list(range(0, len(ids), hop))):
        out.append(stream.push(piece, lead_s))
        heard = max(lead_s, 0.0) if out[-1].size else lead_s
        lead_s = heard + out[-1].size / 16000 - hop * 0.01
    return [*out, stream.flush()]


def test_who_waits_for_the_first_sound_hears_it_after_twenty_tokens(codec: BiCodec, golden: Golden) -> None:
    out = listening(codec.stream(golden["global_a"]), golden["sem_a_160"], 1)
    assert next(at for at, pcm in enumerate(out) if pcm.size) <= 20


def test_an_exact_stream_gives_no_previews(codec: BiCodec, golden: Golden) -> None:
    wave = np.concatenate(listening(codec.stream(golden["global_a"], exact=True), golden["sem_a_160"], 1))
    assert distance(wave, golden["wave_a_160"]) < TOLERANCE


@pytest.mark.parametrize("hop", [1, 4, 10, 25])
def test_after_the_ramp_the_stream_is_exact_again(codec: BiCodec, golden: Golden, hop: int) -> None:
    stream = codec.stream(golden["global_a"])
    wave = golden["wave_a_160"]
    *pushed, last = listening(stream, golden["sem_a_160"], hop)
    found = np.concatenate([*pushed, last])
    assert found.size == wave.size
    away = np.flatnonzero(np.abs(found - wave) > 1e-4 * np.abs(wave).max())
    assert away.size
    assert away.max() < 90 * 320


def test_a_preview_is_near_what_it_stands_for(codec: BiCodec, golden: Golden) -> None:
    found = np.concatenate(listening(codec.stream(golden["global_a"]), golden["sem_a_160"], 1))
    assert distance(found, golden["wave_a_160"]) < 0.1


def test_previews_of_different_places_are_made_together_and_are_those_of_each_alone(
    codec: BiCodec, golden: Golden
) -> None:
    ids = torch.from_numpy(golden["sem_a_160"])

    def begun(num_tokens: int, voice: str) -> Stream:
        stream = codec.stream(golden[voice])
        for token in ids[:num_tokens]:
            stream.push(token, lead_s=0.0)
        return stream

    places = [(92, "global_a"), (100, "global_b")]
    alone = [begun(*place).push(ids[place[0] : place[0] + 8], lead_s=0.0) for place in places]
    streams = [begun(*place) for place in places]
    feeds = [Feed(stream, ids[at : at + 8], lead_s=0.0) for stream, (at, _) in zip(streams, places, strict=True)]
    calls, rows = codec.num_batched
    made = codec.step(feeds)
    assert codec.num_batched == (calls + 2, rows + 4)  # the exact stream goes on beside the previews
    for found, expected in zip(made, alone, strict=True):
        assert found.size == 8 * 320
        assert distance(found, expected) < TOLERANCE


def test_no_seam_of_the_ramp_jumps(codec: BiCodec, golden: Golden) -> None:
    out = listening(codec.stream(golden["global_a"]), golden["sem_a_160"], 1)
    wave = golden["wave_a_160"]
    usual = np.quantile(np.abs(np.diff(wave)), 0.999)
    found = np.concatenate(out)
    seams = np.cumsum([pcm.size for pcm in out if pcm.size])[:-1]
    assert max(abs(found[at] - found[at - 1]) for at in seams) <= usual


def test_who_has_enough_in_hand_waits_for_the_exact_stream(codec: BiCodec, golden: Golden) -> None:
    stream = codec.stream(golden["global_a"])
    pushed = [stream.push([token], lead_s=2.0) for token in golden["sem_a_160"]]
    assert distance(np.concatenate([*pushed, stream.flush()]), golden["wave_a_160"]) < TOLERANCE
