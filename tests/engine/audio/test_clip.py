from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.audio.clip import BAD, GOOD, LONGEST_S, MOST_BYTES, RATE, BadClip, check, decode
from engine.types import Pcm
from tests.engine.audio.clips import CODECS, encoded, voice, wav

CONFINED = "from engine.audio.clip import confine\nconfine()\n"


def in_a_process(data: bytes) -> tuple[bytes, bytes]:
    """The first byte of the answer, and the rest."""
    command = [sys.executable, "-m", "engine.audio.clip"]
    done = subprocess.run(command, input=data, capture_output=True, check=True, timeout=60)
    return done.stdout[:1], done.stdout[1:]


@pytest.mark.parametrize("container", CODECS)
def test_every_kind_of_file_that_clips_come_in_is_heard(container: str) -> None:
    pcm = decode(encoded(container, voice(3.0)))
    assert pcm.dtype == np.float32
    assert pcm.size / RATE == pytest.approx(3.0, abs=0.15)
    assert float(np.sqrt(np.mean(pcm**2))) == pytest.approx(float(np.sqrt(np.mean(voice(3.0) ** 2))), rel=0.1)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_every_rate_becomes_16_kHz(rate: int) -> None:  # noqa: N802
    pcm = decode(wav(voice(2.5, rate), rate))
    assert pcm.size == pytest.approx(2.5 * RATE, abs=60)
    spectrum = np.abs(np.fft.rfft(pcm))
    assert np.argmax(spectrum) * RATE / pcm.size == pytest.approx(150, abs=1)


def test_at_the_codecs_rate_samples_are_taken_as_they_are() -> None:
    pcm = voice(2.5, RATE)
    assert np.abs(decode(wav(pcm, RATE)) - pcm).max() < 1e-4


def test_of_two_channels_the_first_is_heard() -> None:
    left, right = voice(3.0, RATE), voice(3.0, RATE, level=0.9)
    both = np.stack((left, right), 1).reshape(-1)
    data = bytearray(wav(both, RATE))
    data[22:24] = (2).to_bytes(2, "little")
    data[32:34] = (4).to_bytes(2, "little")
    data[28:32] = (4 * RATE).to_bytes(4, "little")
    assert np.abs(decode(bytes(data)) - left).max() < 1e-4


@pytest.mark.parametrize(
    ("pcm", "told"),
    [
        (voice(1.9, RATE), "has 1.9 s of sound: give 2 to 30 s"),
        (voice(31.0, RATE), "longer than 30 s: cut it"),
        (voice(3.0, RATE, level=0.001), "has 0.0 s of sound above -45 dBFS: speak up"),
        (np.concatenate((voice(0.5, RATE), np.zeros(5 * RATE, np.float32))), "has 0.5 s of sound above"),
        (np.sign(voice(3.0, RATE)), "is overdriven"),
        (np.full(3 * RATE, np.nan, np.float32), "samples that are no numbers"),
        (np.zeros(0, np.float32), "has 0.0 s of sound"),
    ],
    ids=["short", "long", "quiet", "a word and silence", "overdriven", "no numbers", "nothing"],
)
def test_what_no_voice_can_be_told_by_is_refused_with_the_remedy(pcm: Pcm, told: str) -> None:
    with pytest.raises(BadClip, match=told):
        check(pcm)


def test_two_seconds_and_thirty_are_enough_and_not_too_much() -> None:
    for seconds in (2.0, LONGEST_S):
        assert decode(wav(voice(seconds, RATE), RATE)).size == seconds * RATE


def test_an_hour_in_a_small_file_is_not_decoded_to_its_end() -> None:
    data = encoded("flac", np.zeros(1800 * 8000, np.float32), 8000)
    assert len(data) < 1 << 20
    with pytest.raises(BadClip, match="longer than 30 s"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"#EXTM3U\n#EXTINF:3,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\n",
        b"<?xml version='1.0'?><MPD></MPD>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe",
        b"PK\x03\x04" + b"\0" * 100,
        b"FORM\0\0\0\x10AIFF",
        b".snd\0\0\0\x18",
    ],
    ids=["empty", "zeros", "HLS", "concat", "SDP", "DASH", "SVG", "PostScript", "zip", "AIFF", "AU"],
)
def test_what_is_no_clip_by_its_first_bytes_never_reaches_a_decoder(data: bytes) -> None:
    with pytest.raises(BadClip, match="the clip is no WAV, FLAC, MP3, Ogg, M4A or WebM file"):
        decode(data)


def test_files_that_name_other_files_behind_a_good_beginning_are_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(wav(voice(5.0, RATE), RATE))
    for begins in (b"RIFF\0\0\0\0WAVE", b"ID3\4\0\0\0\0\0\0", b"OggS", b"\0\0\0\x18ftypM4A "):
        with pytest.raises(BadClip):
            decode(begins + b"\n#EXTM3U\n#EXTINF:5,\n" + f"file://{other}\n".encode())


@pytest.mark.parametrize("container", CODECS)
def test_a_broken_file_is_refused_or_shorter_and_nothing_else(container: str) -> None:
    data = encoded(container, voice(4.0))
    random = np.random.default_rng(5)
    for _ in range(30):
        broken = bytearray(data[: random.integers(8, len(data))])
        for at in random.integers(0, len(broken), 8):
            broken[at] = random.integers(256)
        try:
            pcm = decode(bytes(broken))
        except BadClip:
            continue
        assert pcm.size <= (LONGEST_S + 1) * RATE


def test_a_codec_that_clips_do_not_come_in_is_refused() -> None:
    with pytest.raises(BadClip, match="no sound of a kind that is taken here"):
        decode(encoded("wav", voice(3.0, 44_100), 44_100, codec="adpcm_ima_wav"))


def test_in_its_process_a_clip_becomes_samples_or_a_sentence() -> None:
    pcm = voice(2.5, RATE)
    kind, answer = in_a_process(wav(pcm, RATE))
    assert kind == GOOD
    assert np.abs(np.frombuffer(answer, "<f4") - pcm).max() < 1e-4
    assert in_a_process(b"hello") == (
        BAD,
        b"the clip is no WAV, FLAC, MP3, Ogg, M4A or WebM file: convert it to one",
    )


@pytest.mark.parametrize("container", CODECS)
def test_every_kind_of_file_is_heard_within_the_limits_too(container: str) -> None:
    assert in_a_process(encoded(container, voice(3.0)))[0] == GOOD


def test_a_file_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    kind, answer = in_a_process(wav(voice(3.0, RATE), RATE) + bytes(MOST_BYTES))
    assert (kind, b"at most 16 MiB" in answer) == (BAD, True)


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("open('/etc/hostname')", "OSError: [Errno 24] Too many open files"),
        ("import os; os.pipe()", "OSError: [Errno 24]"),
        ("import _socket; _socket.socket()", "OSError: [Errno 24]"),
        ("bytearray(1 << 30)", "MemoryError"),
        ("import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))", "ValueError: not allowed to raise"),
    ],
)
def test_within_the_limits_nothing_is_opened_and_memory_is_short(program: str, error: str) -> None:
    first = "import _socket, os, resource\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{first}{CONFINED}{program}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert error in done.stderr
