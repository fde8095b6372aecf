"""A clip of somebody's voice, out of a file that a stranger sent: `python -m engine.audio.clip <FILE >PCM`.

Decoders are where files do harm. So this runs in a process of its own, with little memory and time and without files
or sockets; only formats and codecs that clips come in are taken, each told by its first bytes and never by FFmpeg's
guess, since its playlists name other files, and addresses. On stdout comes `GOOD` and samples (float32, 16 kHz, the
first channel), or `BAD` and a sentence.
"""

from __future__ import annotations

import re
import sys
import wave
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import numpy as np

from engine.audio.resample import RATES, Resampler
from engine.types import Pcm

GOOD, BAD = b"+", b"!"

RATE = 16_000
"""Hz, of what comes out."""

SHORTEST_S = 2.0
LONGEST_S = 30.0

MOST_BYTES = 16 << 20
"""Of a file: half a minute of the largest kind there is in use, with room to spare."""

CPU_S = 10
MEMORY = 512 << 20
"""Bytes of address space beyond what the process has when it begins to decode."""

_FORMATS = {
    "wav": re.compile(rb"(?:RIFF|RF64)....WAVE", re.DOTALL),
    "flac": re.compile(rb"fLaC"),
    "ogg": re.compile(rb"OggS"),
    "mp3": re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
    "mp4": re.compile(rb"....ftyp", re.DOTALL),
    "webm": re.compile(rb"\x1aE\xdf\xa3"),
}
_CODECS = re.compile(
    r"pcm_(?:[su](?:8|16|24|32)|f(?:32|64))(?:le|be)?|pcm_[am]law|flac|mp3(?:float)?|vorbis|opus|aac|alac"
)

_NO_PROTOCOL = {"protocol_whitelist": "none"}

_FRAME = RATE // 50
_SPEECH = 10 ** (-45 / 20)
_LEAST_SPEECH_S = 1.0
_FULL_SCALE = 0.999
_MOST_CLIPPED = 0.01


class BadClip(ValueError):
    """A clip cannot be used; says why, and what to do."""


def decode(data: bytes) -> Pcm:
    """Return the samples of a file. Raises BadClip."""
    kind = next((name for name, begins in _FORMATS.items() if begins.match(data)), None)
    if kind is None:
        raise BadClip("the clip is no WAV, FLAC, MP3, Ogg, M4A or WebM file: convert it to one")
    from av.error import FFmpegError  # whoever only wants to know how to ask for this needs no FFmpeg

    try:
        pcm = np.concatenate([np.zeros(0, np.float32), *_sound(BytesIO(data), kind)])
    except (FFmpegError, ValueError, OverflowError, MemoryError) as error:
        if isinstance(error, BadClip):
            raise
        raise BadClip(f"the clip cannot be decoded as {kind}: save it again, as WAV") from None
    check(pcm)
    return pcm


def check(pcm: Pcm) -> None:
    """Raise BadClip for what is too short, too long, too quiet or too loud to tell a voice by."""
    seconds = pcm.size / RATE
    if seconds < SHORTEST_S:
        raise BadClip(f"the clip has {seconds:.1f} s of sound: give {SHORTEST_S:g} to {LONGEST_S:g} s of speech")
    if seconds > LONGEST_S:
        raise BadClip(f"the clip is longer than {LONGEST_S:g} s: cut it to the best half minute")
    if not np.isfinite(pcm).all():
        raise BadClip("the clip holds samples that are no numbers: save it again, as 16-bit WAV")
    frames = pcm[: pcm.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    spoken_s = float((np.sqrt(np.mean(frames**2, axis=1)) > _SPEECH).sum()) * _FRAME / RATE
    if spoken_s < _LEAST_SPEECH_S:
        raise BadClip(f"the clip has {spoken_s:.1f} s of sound above -45 dBFS: speak up, or nearer to the microphone")
    if float(np.mean(np.abs(pcm) >= _FULL_SCALE)) > _MOST_CLIPPED:
        raise BadClip("the clip is overdriven: record it again at a lower level")


def _sound(file: BytesIO, kind: str) -> Iterator[Pcm]:
    """Yield the first channel of the first audio stream at 16 kHz, a little more than the longest clip at most."""
    import av

    with av.open(file, "r", format=kind, options=_NO_PROTOCOL, metadata_errors="replace") as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or not _CODECS.fullmatch(stream.codec_context.name):
            raise BadClip("the clip holds no sound of a kind that is taken here: save it again, as WAV")
        stream.codec_context.thread_count = 1
        rate = stream.codec_context.sample_rate
        source = rate if rate in RATES else RATES[-1]
        planar = av.AudioResampler("fltp", rate=source)
        resampler = Resampler(source, RATE)
        left = int((LONGEST_S + 0.5) * source)
        for frame in container.decode(stream):
            for converted in planar.resample(frame):
                samples = converted.to_ndarray()[0][:left].astype(np.float32, copy=False)
                left -= samples.size
                yield resampler.push(samples)
            if left <= 0:
                break
        yield resampler.flush()


def confine() -> None:
    """Give up what decoding does not take: more memory and time, and opening anything at all."""
    import resource  # not on Windows

    limits = {
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 0,
    }
    with suppress(FileNotFoundError), open("/proc/self/statm", encoding="ascii") as file:  # Linux only
        limits[resource.RLIMIT_AS] = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def _rehearse() -> None:
    """Decode a moment of silence: PyAV loads parts of itself when they are first used, from files."""
    silence = BytesIO()
    with wave.open(silence, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(bytes(RATE // 5))
    silence.seek(0)
    for _ in _sound(silence, "wav"):
        pass


def main() -> None:
    """Decode what comes on stdin."""
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    _rehearse()
    confine()
    try:
        if len(data) > MOST_BYTES:
            raise BadClip(f"a clip has at most {MOST_BYTES >> 20} MiB: send a shorter one, or a compressed one")
        answer = GOOD + decode(data).astype("<f4", copy=False).tobytes()
    except BadClip as error:
        answer = BAD + str(error).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
