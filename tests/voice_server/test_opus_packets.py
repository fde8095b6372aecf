"""Opus over a session: one packet to a message, from text to what a decoder makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.tone import hear
from engine.types import Output, Pcm
from tests.engine.audio.listening import OpusDecoder
from tests.voice_server.talk import WORDS, Heard, Talk, sentence


def decoded(heard: Heard, output: Output) -> Pcm:
    """What a listener makes of the packets: without the samples that its decoder must drop."""
    decoder = OpusDecoder(output)
    packets = [np.zeros(0, np.float32), *(decoder.decode(message.data) for message in heard if message.data)]
    return np.concatenate(packets)[heard.one("started")["pre_skip"] :]


@pytest.mark.parametrize("sample_rate", [8000, 12000, 16000, 24000, 48000])
@pytest.mark.parametrize("frame_ms", [20, 40, 60])
def test_packets_decode_to_what_was_said(sample_rate: int, frame_ms: int) -> None:
    talk = Talk(audio="tagged")
    text = sentence(4)
    talk.say({"text": text, "end": True, "format": "opus", "sample_rate": sample_rate, "frame_ms": frame_ms})
    heard = talk.hear()
    started, done = heard.one("started"), heard.one("done")
    assert (started["format"], started["frame_ms"]) == ("opus", frame_ms)
    assert started["pre_skip"] == sample_rate * 65 // 10_000
    output = Output("opus", sample_rate, frame_ms)  # type: ignore[arg-type]
    pcm = decoded(heard, output)
    assert hear(pcm, sample_rate, WORDS) == text.split()
    assert done["audio_ms"] == pytest.approx((pcm.size + started["pre_skip"]) / sample_rate * 1000, abs=0.01)


def test_the_clock_of_tagged_packets_counts_what_a_decoder_makes() -> None:
    talk = Talk(audio="tagged")
    talk.say({"text": sentence(8), "end": True, "format": "opus"})
    firsts = [message["first_sample"] for message in talk.hear() if message.data]
    assert firsts == list(range(0, 960 * len(firsts), 960))


def test_a_flush_pads_a_packet_and_what_follows_is_heard_whole() -> None:
    talk = Talk(audio="tagged")
    first, second = sentence(2), sentence(3)
    talk.say({"text": first + " ", "flush": True, "format": "opus", "context_id": "a"})
    talk.say({"text": second, "end": True, "context_id": "a"})
    heard = talk.hear()
    assert hear(decoded(heard, Output("opus")), 48000, WORDS) == [*first.split(), *second.split()]


def test_packets_leave_at_the_pace_of_the_listener() -> None:
    talk = Talk(audio="tagged")
    talk.say({"text": sentence(40), "end": True, "format": "opus", "max_lead_s": 1})
    heard = [message for message in talk.hear() if message.data]
    late = [message.at - max(0.0, index * 0.02 - 1.0) for index, message in enumerate(heard)]
    assert len(heard) > 100
    assert all(-0.021 <= seconds <= 0.1 for seconds in late)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"format": "opus", "sample_rate": 44100}, "sample_rate"),
        ({"format": "pcm_s16le", "sample_rate": 12000}, "sample_rate"),
        ({"format": "opus", "frame_ms": 100}, "frame_ms"),
        ({"format": "opus", "bitrate": 300_000}, "bitrate"),
        ({"format": "opus", "complexity": 11}, "complexity"),
        ({"format": "wav"}, "format"),
        ({"format": "opus", "fec": "yes"}, "fec"),
    ],
)
def test_options_that_do_not_go_together_are_told_by_name(options: dict[str, object], field: str) -> None:
    talk = Talk(audio="tagged")
    talk.say({"text": "hello", "end": True, **options})
    error = talk.hear().one("error")
    assert (error["code"], error["field"]) == ("invalid_field", field)


def test_fewer_bits_are_fewer_bytes() -> None:
    sizes = []
    for bitrate in (12_000, 96_000):
        talk = Talk(audio="tagged")
        talk.say({"text": sentence(6), "end": True, "format": "opus", "bitrate": bitrate})
        sizes.append(sum(len(message.data) for message in talk.hear()))
    assert 3 * sizes[0] < sizes[1]
