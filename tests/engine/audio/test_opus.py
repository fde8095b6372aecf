from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio import opus
from engine.audio.encode import encoder
from engine.audio.opus import OpusEncoder
from engine.types import RATES_OF, Output, PacketMs, Pcm, SampleRate
from tests.engine.audio.listening import OpusDecoder, decode_packets, encode, joined, snr_db, speech, split, tone

RATES = RATES_OF["opus"]
PACKETS: tuple[PacketMs, ...] = (20, 40, 60)


@pytest.mark.parametrize("packet_ms", PACKETS)
@pytest.mark.parametrize("rate", RATES)
def test_all_that_went_in_comes_out_of_a_decoder_right_after_the_pre_skip(
    rate: SampleRate, packet_ms: PacketMs
) -> None:
    output = Output("opus", rate, packet_ms, 64_000)
    pcm = tone(rate, rate // 2 + 77)
    made = joined(encode(output, pcm))
    decoded = decode_packets(output, made)
    assert decoded.size == made.num_samples == len(made.packets) * rate * packet_ms // 1000
    heard = decoded[output.pre_skip :]
    assert pcm.size <= heard.size < pcm.size + output.frame_samples
    assert snr_db(pcm, heard) > 30
    assert np.abs(heard[pcm.size + rate // 50 :]).max(initial=0) < 0.003


@pytest.mark.parametrize("fec", [False, True])
@pytest.mark.parametrize("rate", RATES)
def test_the_pre_skip_that_is_told_is_the_encoders_lookahead(rate: SampleRate, fec: bool) -> None:
    output = Output("opus", rate, fec=fec)
    assert output.pre_skip == OpusEncoder(output).pre_skip > 0


def test_other_formats_have_no_pre_skip() -> None:
    assert {Output(format, 48000).pre_skip for format in RATES_OF if format != "opus"} == {0}


@pytest.mark.parametrize(("bitrate", "least_db"), [(16_000, 5), (32_000, 9), (128_000, 22)])
def test_speech_stays_speech(bitrate: int, least_db: float) -> None:
    output = Output("opus", 48000, bitrate=bitrate)
    decoded = decode_packets(output, joined(encode(output, speech(48000))))
    assert snr_db(speech(48000), decoded[output.pre_skip :]) > least_db


@pytest.mark.parametrize("bitrate", [12_000, 32_000, 96_000])
@pytest.mark.parametrize("fec", [False, True])
def test_the_bit_rate_is_kept(bitrate: int, fec: bool) -> None:
    made = joined(encode(Output("opus", bitrate=bitrate, fec=fec), speech(48000)))
    bits_per_second = len(made.data) * 8 / (len(made.packets) * 0.020)
    assert bits_per_second == pytest.approx(bitrate, rel=0.35)


def test_the_complexity_reaches_the_encoder() -> None:
    assert (
        len({joined(encode(Output("opus", complexity=complexity), speech(48000))).data for complexity in (0, 5)}) == 2
    )


@pytest.mark.parametrize("fec", [False, True])
def test_with_dtx_silence_costs_next_to_nothing(fec: bool) -> None:
    pcm = np.concatenate((speech(48000), np.zeros(2 * 48000, np.float32)))
    costs = []
    for dtx in (False, True):
        packets = joined(encode(Output("opus", fec=fec, dtx=dtx), pcm)).packets
        costs.append(sum(packets[-75:]))
    assert costs[1] < 75 * 5
    assert costs[1] < costs[0] / 2 or costs[0] < 75 * 5


def test_a_lost_packet_is_told_by_the_next_one_with_fec_and_only_guessed_without() -> None:
    nearness = {}
    for fec in (False, True):
        output = Output("opus", 16000, bitrate=32_000, fec=fec)
        packets = list(split(joined(encode(output, speech(16000)))))
        whole = play(output, packets, lost=set())
        lost = set(range(7, len(packets) - 1, 5))
        nearness[fec] = snr_db(whole, play(output, packets, lost))
    assert nearness[True] > nearness[False] + 3


def play(output: Output, packets: list[bytes], lost: set[int]) -> Pcm:
    """Decode what arrived; in the place of what did not, what the packet after it knows."""
    decoder = OpusDecoder(output)
    return np.concatenate(
        [
            decoder.decode(packets[number + 1], fec=True) if number in lost else decoder.decode(packet)
            for number, packet in enumerate(packets)
        ]
    )


@given(
    st.sampled_from(RATES),
    st.sampled_from(PACKETS),
    st.booleans(),
    st.lists(st.integers(0, 9000), max_size=6),
    st.integers(0, 9000),
)
@settings(max_examples=40)
def test_the_cut_changes_no_packet(
    rate: SampleRate, packet_ms: PacketMs, fec: bool, cuts: list[int], size: int
) -> None:
    output = Output("opus", rate, packet_ms, fec=fec)
    pcm = speech(rate)[:size]
    assert joined(encode(output, pcm, cuts)) == joined(encode(output, pcm))


def test_no_samples_are_no_packets() -> None:
    assert joined(encode(Output("opus"), np.zeros(0, np.float32))) == (b"", 0, ())


def test_one_sample_is_one_packet() -> None:
    made = joined(encode(Output("opus"), np.ones(1, np.float32)))
    assert (len(made.packets), made.num_samples) == (1, 960)


def test_a_packet_comes_out_as_soon_as_its_audio_is_in() -> None:
    encoding = encoder(Output("opus"))
    assert encoding.encode(tone(48000, 959)).packets == ()
    assert len(encoding.encode(tone(48000, 1)).packets) == 1
    assert len(encoding.encode(tone(48000, 1920)).packets) == 2


def test_values_that_are_no_sound_are_silence_or_full_scale() -> None:
    output = Output("opus")
    odd = tone(48000, 4800)
    odd[1000:1400] = np.nan
    odd[2000:2400] = np.inf
    odd[3000:3400] = 50.0
    mended = odd.copy()
    mended[1000:1400] = 0.0
    mended[2000:2400] = mended[3000:3400] = 1.0
    assert joined(encode(output, odd)) == joined(encode(output, mended))


def test_encoders_do_not_hear_each_other() -> None:
    pcms = [speech(48000)[:19_200], tone(48000, 19_200)]
    encoders = [encoder(Output("opus")) for _ in pcms]
    together: list[list[bytes]] = [[], []]
    for at in range(0, 19_200, 700):
        for made, encoding, pcm in zip(together, encoders, pcms, strict=True):
            made.append(encoding.encode(pcm[at : at + 700]).data)
    for made, encoding, pcm in zip(together, encoders, pcms, strict=True):
        assert b"".join([*made, encoding.finish().data]) == joined(encode(Output("opus"), pcm)).data


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_encoder_that_is_dropped_leaves_nothing_behind() -> None:
    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096

    def drop(times: int) -> None:
        for _ in range(times):
            encoder(Output("opus")).encode(tone(48000, 960))

    drop(50)
    before = resident_bytes()
    drop(500)
    assert resident_bytes() - before < 4_000_000  # 500 encoders are 20 MB


WITHOUT_A_SYSTEMS_LIBRARY = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: None
import numpy as np
from engine.audio import opus
from engine.audio.encode import encoder
from engine.types import Output
alive = encoder(Output("opus"))
print(len(alive.encode(np.ones(9600, np.float32)).packets), "av" in sys.modules, *opus.library(), sep="|")
"""


def test_without_a_systems_libopus_the_one_in_pyavs_wheel_serves_and_pyav_is_not_imported() -> None:
    command = [sys.executable, "-W", "error", "-c", WITHOUT_A_SYSTEMS_LIBRARY]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")  # an encoder is alive when the interpreter ends
    num_packets, imported, path, version, origin = done.stdout.strip().split("|")
    assert (num_packets, imported, origin) == ("10", "False", "PyAV's wheel")
    assert Path(path).name.startswith("libopus-")
    assert version.startswith("libopus 1.")


def test_the_library_in_use_can_be_told() -> None:
    found = opus.library()
    assert found.path
    assert found.version.startswith("libopus ")
    assert found.origin in ("the system", "PyAV's wheel")
