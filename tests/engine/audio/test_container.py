from __future__ import annotations

import io
import os
import struct
import sys
import wave
from dataclasses import dataclass
from subprocess import run

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import pcm as plain
from engine.audio.encode import encoder
from engine.types import RATES_OF, TAIL_RATE, Container, Format, Output, PacketMs, SampleRate
from tests.engine.audio.listening import (
    OpusDecoder,
    decode_file,
    delay_of,
    encode,
    joined,
    snr_db,
    speech,
    split,
    tone,
)

CONTAINERS: tuple[Container, ...] = ("wav", "flac", "mp3", "aac", "ogg_opus")
FORMATS_AND_RATES = [(format, rate) for format in RATES_OF for rate in RATES_OF[format]]
NO_SAMPLES = np.zeros(0, np.float32)
LAME_DELAY = 1105
AAC_DELAY = 1024


def of(format: Format) -> list[SampleRate]:
    return list(RATES_OF[format])


@pytest.mark.parametrize("rate", of("wav"))
def test_a_wav_whose_sizes_are_filled_in_is_read_by_the_standard_library(rate: SampleRate) -> None:
    pcm = speech(rate)
    data = bytearray(joined(encode(Output("wav", rate), pcm, [500])).data)
    assert struct.unpack("<I", data[4:8]) == struct.unpack("<I", data[40:44]) == (0xFFFFFFFF,)
    data[4:8], data[40:44] = struct.pack("<I", len(data) - 8), struct.pack("<I", len(data) - 44)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.readframes(pcm.size + 1) == plain.s16(pcm)


@pytest.mark.parametrize("rate", of("flac"))
def test_flac_gives_back_every_sample(rate: SampleRate) -> None:
    pcm = speech(rate)[: rate + 77]
    decoded, decoded_rate = decode_file(joined(encode(Output("flac", rate), pcm)).data)
    assert decoded_rate == rate
    assert np.array_equal(decoded, plain.int16(pcm) / np.float32(32768))


def test_flac_says_that_its_length_is_not_known() -> None:
    data = joined(encode(Output("flac", 48000), tone(48000, 4800))).data
    assert data[:8] == b"fLaC\x80\x00\x00\x22"
    rate_and_length = int.from_bytes(data[18:26], "big")
    assert rate_and_length >> 44 == 48000
    assert rate_and_length & (1 << 36) - 1 == 0


@pytest.mark.parametrize("rate", of("mp3"))
def test_mp3_is_heard_after_the_delay_that_all_mp3_has(rate: SampleRate) -> None:
    pcm = speech(rate)
    decoded, decoded_rate = decode_file(joined(encode(Output("mp3", rate), pcm)).data)
    assert decoded_rate == rate
    assert delay_of(pcm, decoded, 3000) == LAME_DELAY
    assert decoded.size >= LAME_DELAY + pcm.size
    assert snr_db(pcm, decoded[LAME_DELAY:]) > 17


@pytest.mark.parametrize(("rate", "bitrate", "kept"), [(44100, 192_000, 192_000), (44100, 70_000, 64_000)])
def test_mp3_has_the_nearest_bit_rate_there_is(rate: SampleRate, bitrate: int, kept: int) -> None:
    data = joined(encode(Output("mp3", rate, bitrate=bitrate), speech(rate))).data
    num_frames = 2 * rate // 1152 + 3
    assert len(data) * 8 / (num_frames * 1152 / rate) == pytest.approx(kept, rel=0.03)


@pytest.mark.parametrize("bitrate", [8_000, 320_000])
@pytest.mark.parametrize("rate", of("mp3"))
def test_mp3_takes_any_bit_rate_at_any_rate(rate: SampleRate, bitrate: int) -> None:
    decoded, decoded_rate = decode_file(
        joined(encode(Output("mp3", rate, bitrate=bitrate), tone(rate, rate // 4))).data
    )
    assert decoded_rate == rate
    assert decoded.size >= rate // 4


@pytest.mark.parametrize("rate", of("aac"))
def test_aac_is_heard_after_the_delay_that_all_aac_has(rate: SampleRate) -> None:
    pcm = speech(rate)
    decoded, decoded_rate = decode_file(joined(encode(Output("aac", rate), pcm)).data)
    assert decoded_rate == rate
    assert delay_of(pcm, decoded, 3000) == AAC_DELAY
    assert decoded.size >= AAC_DELAY + pcm.size
    assert snr_db(pcm, decoded[AAC_DELAY:]) > 12


@pytest.mark.parametrize("bitrate", [8_000, 320_000])
@pytest.mark.parametrize("rate", of("aac"))
def test_aac_takes_any_bit_rate_at_any_rate(rate: SampleRate, bitrate: int) -> None:
    made = joined(encode(Output("aac", rate, bitrate=bitrate), tone(rate, rate // 4))).data
    decoded, decoded_rate = decode_file(made)
    assert decoded_rate == rate
    assert decoded.size >= rate // 4


@pytest.mark.parametrize("rate", of("aac"))
def test_every_frame_of_aac_says_how_long_it_is(rate: SampleRate) -> None:
    data = joined(encode(Output("aac", rate), speech(rate))).data
    num_frames = 0
    while data:
        assert data[:2] == b"\xff\xf1"
        size = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
        data, num_frames = data[size:], num_frames + 1
    assert num_frames == -(-speech(rate).size // 1024) + 1


@pytest.mark.parametrize("packet_ms", [20, 40, 60])
@pytest.mark.parametrize("rate", of("ogg_opus"))
def test_ogg_opus_is_as_long_as_what_went_in(rate: SampleRate, packet_ms: PacketMs) -> None:
    for num_samples in (rate // 3, 1, rate // 25):
        made = joined(encode(Output("ogg_opus", rate, packet_ms, 64_000), tone(rate, num_samples)))
        decoded, decoded_rate = decode_file(made.data)
        assert decoded_rate == 48000  # as every decoder of Opus files does it
        assert decoded.size == num_samples * 48000 // rate
    assert snr_db(tone(48000, decoded.size), decoded) > 15


@dataclass(frozen=True)
class Page:
    flags: int
    position: int
    serial: int
    number: int
    packet: bytes


def pages(data: bytes) -> list[Page]:
    """Take an Ogg stream of one packet in each page apart, by the letter of RFC 3533."""
    found = []
    while data:
        mark, version, flags, position, serial, number, told, count = struct.unpack("<4sBBqIIIB", data[:27])
        lengths = data[27 : 27 + count]
        end = 27 + count + sum(lengths)
        assert (mark, version) == (b"OggS", 0)
        assert lengths[-1] < 255
        assert set(lengths[:-1]) <= {255}
        assert told == crc(data[:22] + bytes(4) + data[26:end])
        found.append(Page(flags, position, serial, number, data[27 + count : end]))
        data = data[end:]
    return found


def crc(data: bytes) -> int:
    """Divide bit by bit, most significant first, by x^32 + ... as RFC 3533 says: 0x04c11db7."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


@pytest.mark.parametrize("rate", of("ogg_opus"))
def test_the_pages_of_ogg_opus_are_what_the_rfcs_say(rate: SampleRate) -> None:
    pcm = speech(rate)[: rate // 2 + 50]
    options = Output("ogg_opus", rate, bitrate=128_000)
    head, tags, *audio = pages(joined(encode(options, pcm)).data)
    assert [page.number for page in (head, tags, *audio)] == list(range(len(audio) + 2))
    assert {page.serial for page in (tags, *audio)} == {head.serial}
    assert [page.flags for page in (head, tags, *audio)] == [2] + [0] * len(audio) + [4]
    assert head.packet == struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 312, rate, 0, 0)
    assert tags.packet.startswith(b"OpusTags")
    assert [page.position for page in audio[:-1]] == [960 * number for number in range(1, len(audio))]
    assert audio[-1].position == 312 + pcm.size * 48000 // rate
    assert any(len(page.packet) > 255 for page in audio)


def test_ogg_opus_carries_the_packets_that_bare_opus_has() -> None:
    pcm = speech(48000)
    bare = Output("opus")
    packets = list(split(joined(encode(bare, pcm))))
    in_pages = [page.packet for page in pages(joined(encode(Output("ogg_opus"), pcm)).data)[2:]]
    assert in_pages == packets
    decoder = OpusDecoder(bare)
    decoded = np.concatenate([decoder.decode(packet) for packet in in_pages])
    assert snr_db(pcm, decoded[bare.pre_skip :]) > 9


@pytest.mark.parametrize(("format", "rate"), FORMATS_AND_RATES)
def test_samples_are_counted_when_they_leave_and_all_of_them_do(format: Format, rate: SampleRate) -> None:
    output = Output(format, rate)
    encoding, fed, out = encoder(output), 0, 0
    for size in [rate // 50] * 10 + [7]:
        fed += size
        out += encoding.encode(speech(rate)[fed - size : fed]).num_samples
        assert out <= fed
    out += encoding.finish().num_samples
    assert fed <= out - output.pre_skip < fed + (rate // 50 if format == "opus" else 1)


@pytest.mark.parametrize(("format", "rate"), FORMATS_AND_RATES)
def test_the_padding_an_encoder_asks_for_brings_all_audio_before_it_out(format: Format, rate: SampleRate) -> None:
    output = Output(format, rate)
    for num_samples in (rate // 50, rate // 10 + 1, rate // 7, 3000):
        encoding = encoder(output)
        grid, room = encoding.padding
        out = encoding.encode(tone(rate, num_samples)).num_samples
        at_48k = -(-num_samples * TAIL_RATE // rate)
        padded_48k = at_48k + room + -(at_48k + room) % grid
        out += encoding.encode(np.zeros(padded_48k * rate // TAIL_RATE - num_samples, np.float32)).num_samples
        assert out - output.pre_skip >= num_samples


@pytest.mark.parametrize(("format", "magic"), [("wav", b"RIFF"), ("flac", b"fLaC"), ("ogg_opus", b"OggS")])
def test_the_header_goes_with_the_first_audio(format: Container, magic: bytes) -> None:
    made = encoder(Output(format)).encode(tone(48000, 960))
    assert made.data.startswith(magic)
    assert made.num_samples >= 648


@pytest.mark.parametrize(("format", "most_ms"), [("wav", 0), ("flac", 20), ("ogg_opus", 27), ("mp3", 72), ("aac", 64)])
def test_little_audio_is_held_back(format: Container, most_ms: int) -> None:
    encoding, fed, out = encoder(Output(format)), 0, 0
    for size in (960, 960, 960, 960, 100, 1900, 960, 960):
        fed += size
        out += encoding.encode(tone(48000, size)).num_samples
        assert fed - out <= most_ms * 48


@pytest.mark.parametrize("format", ["wav", "flac", "ogg_opus"])
def test_a_file_without_any_audio_is_still_a_file(format: Container) -> None:
    decoded, _ = decode_file(joined(encode(Output(format), NO_SAMPLES)).data)
    assert decoded.size == 0


@pytest.mark.parametrize("format", ["mp3", "aac"])
def test_an_mp3_or_aac_without_any_audio_is_empty(format: Container) -> None:
    assert joined(encode(Output(format), NO_SAMPLES)) == (b"", 0, ())


@given(st.sampled_from(CONTAINERS), st.data(), st.lists(st.integers(0, 9000), max_size=6), st.integers(0, 9000))
@settings(max_examples=40)
def test_the_cut_changes_no_byte(format: Container, data: st.DataObject, cuts: list[int], size: int) -> None:
    rate = data.draw(st.sampled_from(RATES_OF[format]))
    pcm = speech(rate)[:size]
    assert joined(encode(Output(format, rate), pcm, cuts)).data == joined(encode(Output(format, rate), pcm)).data


@pytest.mark.parametrize("format", CONTAINERS)
def test_values_that_are_no_sound_are_silence_or_full_scale(format: Container) -> None:
    odd = tone(48000, 9600)
    odd[1000:1400] = np.nan
    odd[2000:2400] = np.inf
    mended = odd.copy()
    mended[1000:1400] = 0.0
    mended[2000:2400] = 1.0
    assert joined(encode(Output(format), odd)).data == joined(encode(Output(format), mended)).data


@pytest.mark.parametrize("format", CONTAINERS)
def test_a_file_may_be_given_up_in_the_middle(format: Container) -> None:
    for size in (0, 100, 5000):
        encoding = encoder(Output(format))
        encoding.encode(tone(48000, size))
        del encoding
    assert joined(encode(Output(format), tone(48000, 9600))).num_samples == 9600


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("format", ["flac", "mp3", "aac"])
def test_encoders_start_no_threads_and_leave_the_callers_processors_alone(format: Container) -> None:
    before, processors = len(os.listdir("/proc/self/task")), os.sched_getaffinity(0)
    encoders = [encoder(Output(format)) for _ in range(3)]
    for encoding in encoders:
        encoding.encode(tone(48000, 9600))
    assert len(os.listdir("/proc/self/task")) == before
    assert os.sched_getaffinity(0) == processors


def test_pcm_needs_none_of_the_libraries() -> None:
    code = "import sys, engine.audio.encode; print({'av', 'opuslib'} & set(sys.modules))"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"
