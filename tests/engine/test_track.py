"""Utterances on their way to a listener who asked for Opus or a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.encode import encoder
from engine.audio.encoder import Encoded
from engine.local import LocalLoop
from engine.tone import ToneEngine, vocabulary
from engine.types import AUDIBLE, RATES_OF, TAIL_RATE, Container, Output, PacketMs, Pcm, SampleRate
from tests.engine.assembly import Part, assemble, spoken
from tests.engine.audio.listening import decode_file, decode_packets, snr_db
from tests.engine.build import Clock, Heard, build_segment

WORDS = vocabulary(400)
CONTAINERS: tuple[Container, ...] = ("wav", "flac", "mp3", "aac", "ogg_opus")
BRIGHT = 96_000  # bits per second at which a tone is nearly what it was


@dataclass(frozen=True)
class Line:
    """A segment of a script: its words, the gap before it, and whether a flush follows."""

    text: str
    gap_ms: int = 0
    flushed: bool = False


SCRIPT = [Line("bako bade", flushed=True), Line("bafi", 150), Line("bago", flushed=True), Line("balu bama")]


class Bench:
    """One utterance of a tone engine, on a test's clock."""

    def __init__(self, output: Output, chunk_ms: float = 20) -> None:
        self.clock = Clock()
        self.heard = Heard(output)
        self.loop = LocalLoop(ToneEngine(chunk_ms=chunk_ms), self.clock, self.clock.advance)
        self.loop.open(1, output, 0.0, self.heard)

    def say(self, line: Line) -> None:
        self.loop.submit(build_segment(line.text, 1, line.gap_ms))
        if line.flushed:
            self.loop.flush(1, 1)

    def close(self) -> Heard:
        self.loop.close(1)
        self.loop.run()
        assert self.heard.closed
        return self.heard


def perform(script: list[Line], output: Output, chunk_ms: float = 20) -> Heard:
    bench = Bench(output, chunk_ms)
    for line in script:
        bench.say(line)
    return bench.close()


def encoded(heard: Heard) -> Encoded:
    packets = tuple(length for delivery in heard.deliveries for length in delivery.packets)
    return Encoded(heard.data, heard.num_samples, packets)


def decoded(heard: Heard) -> Pcm:
    """Return what a decoder makes of the packets that came, the pre-skip dropped."""
    return decode_packets(heard.output, encoded(heard))[heard.output.pre_skip :]


def offline(script: list[Line], output: Output) -> Pcm:
    parts = [Part(spoken(line.text), line.gap_ms, released=line.flushed) for line in script]
    return assemble(parts, encoder(output).padding)


@pytest.mark.parametrize("packet_ms", [20, 40, 60])
def test_opus_is_the_offline_assembly_with_silence_where_a_flush_filled_a_packet(packet_ms: PacketMs) -> None:
    output = Output("opus", 48000, packet_ms, BRIGHT)
    heard, expected = decoded(perform(SCRIPT, output)), offline(SCRIPT, output)
    assert heard.size >= expected.size
    assert snr_db(expected, heard) > 20


@pytest.mark.parametrize("rate", RATES_OF["opus"])
def test_words_sound_at_the_times_that_are_told_for_them(rate: SampleRate) -> None:
    output = Output("opus", rate, bitrate=BRIGHT)
    heard = perform([Line("bako bade", flushed=True), Line("bafi", 150), Line("balu bama", 20)], output)
    pcm = decoded(heard)
    assert len(heard.words) == 5
    for word in heard.words:
        start, end = (round(seconds * rate) for seconds in (word.start_s, word.end_s))
        level = np.abs(pcm[start : end - rate // 100]).max()
        assert level > 0.3
        assert np.abs(pcm[start : start + rate // 1000]).max() < 0.25  # tones rise in 5 ms
        assert np.abs(pcm[max(start - rate // 200, 0) : start]).max(initial=0) < 0.2


def test_a_flush_is_answered_when_a_decoder_has_all_of_the_sound() -> None:
    output = Output("opus", bitrate=BRIGHT)
    bench = Bench(output)
    bench.say(Line("bako bade", flushed=True))
    bench.loop.run(0.0)
    assert bench.heard.flushed == [1]
    assert decoded(bench.heard).size >= spoken("bako bade").size


def test_a_listener_about_to_run_dry_gets_all_of_the_sound_in_whole_packets() -> None:
    output = Output("opus", 48000, 60, BRIGHT)
    bench = Bench(output)
    bench.say(Line("bako bade"))
    bench.loop.run(0.0)
    before = bench.heard.num_samples
    assert before < spoken("bako bade").size
    bench.loop.run(1.0)
    assert bench.heard.num_samples > before
    assert snr_db(spoken("bako bade"), decoded(bench.heard)) > 20
    bench.say(Line("bama"))
    late = bench.close().words[-1]
    assert late.start_s * TAIL_RATE == offline([Line("bako bade", flushed=True)], output).size


def test_the_first_audible_sample_is_counted_as_a_decoder_makes_it() -> None:
    output = Output("opus", bitrate=BRIGHT)
    heard = perform([Line("bako")], output)
    (told,) = (delivery.audible_at for delivery in heard.deliveries if delivery.audible_at is not None)
    loud = np.abs(decode_packets(output, encoded(heard))) >= AUDIBLE
    assert abs(int(loud.argmax()) - told) <= 48
    assert told >= output.pre_skip


@pytest.mark.parametrize("format", ["flac", "ogg_opus", "wav"])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_a_file_is_the_offline_assembly_to_the_sample(format: Container, rate: SampleRate) -> None:
    output = Output(format, rate, bitrate=BRIGHT)
    pcm, decoded_rate = decode_file(perform(SCRIPT, output).data)
    expected = offline(SCRIPT, output)
    assert pcm.size == expected.size * decoded_rate // TAIL_RATE
    if decoded_rate == TAIL_RATE:
        assert snr_db(expected, pcm) > 20


@pytest.mark.parametrize(("format", "delay"), [("mp3", 1105), ("aac", 1024)])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_an_mp3_or_aac_is_the_offline_assembly_after_its_delay(format: Container, delay: int, rate: SampleRate) -> None:
    output = Output(format, rate, bitrate=128_000)
    heard = perform(SCRIPT, output)
    pcm, _ = decode_file(heard.data)
    expected = offline(SCRIPT, output)
    assert heard.num_samples == pytest.approx(expected.size * rate / TAIL_RATE, abs=4)
    if rate == TAIL_RATE:
        assert snr_db(expected, pcm[delay:]) > 20


@given(st.sampled_from(["opus", *CONTAINERS]), st.sampled_from([8000, 24000, 48000]), st.floats(0.5, 200))
@settings(max_examples=25)
def test_the_bytes_do_not_depend_on_how_chunks_fell(format: Container, rate: SampleRate, chunk_ms: float) -> None:
    output = Output(format, rate)
    one, other = perform(SCRIPT, output, chunk_ms), perform(SCRIPT, output)
    assert encoded(one) == encoded(other)
    assert [(word.start, round(word.start_s, 6)) for word in one.words] == [
        (word.start, round(word.start_s, 6)) for word in other.words
    ]


@pytest.mark.parametrize(
    ("format", "at_least"), [("opus", 0), ("mp3", 0), ("aac", 0), ("wav", 44), ("flac", 42), ("ogg_opus", 100)]
)
def test_an_utterance_that_says_nothing_is_an_empty_file(format: Container, at_least: int) -> None:
    heard = perform([], Output(format))
    assert heard.num_samples == 0
    assert len(heard.deliveries) == 1
    assert at_least <= len(heard.data) < at_least + 100


@pytest.mark.parametrize("format", CONTAINERS)
def test_an_aborted_file_is_not_ended(format: Container) -> None:
    bench = Bench(Output(format))
    bench.say(Line("bako bade"))
    bench.loop.step()
    bench.loop.step()
    before = bench.heard.data
    bench.loop.abort(1)
    bench.loop.run()
    assert bench.heard.data == before
    assert not bench.heard.closed


@pytest.mark.parametrize("format", ["opus", *CONTAINERS])
def test_of_an_utterance_that_goes_on_all_sound_is_out_after_a_flush(format: Container) -> None:
    bench = Bench(Output(format))
    bench.say(Line("bako bade", flushed=True))
    bench.loop.run(0.0)
    assert bench.heard.flushed
    assert bench.heard.num_samples >= spoken("bako bade").size
