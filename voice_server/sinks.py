"""Where `say` puts sound: a WAV file, stdout, or the machine's audio player."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from voice_server.wav import UNKNOWN_LENGTH, header

PLAYERS = ("aplay", "paplay", "afplay", "ffplay")
"""In the order of preference: ALSA, PulseAudio, macOS, and FFmpeg's, which also opens a window for pictures."""

Sink = Callable[[bytes], object]
"""Takes encoded samples; may block."""

_PULSE = {"pcm_s16le": "s16le", "pcm_f32le": "float32le", "alaw": "alaw", "mulaw": "ulaw"}


class Wav:
    """Writes mono WAV to a binary file, which may be a pipe: then its header says that the length is not known."""

    def __init__(self, file: BinaryIO, audio_format: str, sample_rate: int) -> None:
        self._file = file
        self._format = audio_format
        self._rate = sample_rate
        self._num_bytes = 0
        file.write(header(audio_format, sample_rate))

    def write(self, data: bytes) -> None:
        """Append encoded samples. May block, where the file is a pipe."""
        self._num_bytes += len(data)
        self._file.write(data)
        self._file.flush()

    def finish(self) -> None:
        """Put the true length into the header; the file must be one that can seek."""
        self._file.write(b"\0" * (self._num_bytes % 2))
        self._file.seek(0)
        self._file.write(header(self._format, self._rate, min(self._num_bytes, UNKNOWN_LENGTH)))


def player() -> str | None:
    """Return the name of an audio player that this machine has."""
    return next((name for name in PLAYERS if shutil.which(name)), None)


@contextmanager
def open_sink(output: str | None, audio_format: str, sample_rate: int) -> Iterator[Sink]:
    """Open what `say` was told to speak into: a file's name, `-` for stdout, None for the player.

    Raises OSError where it cannot be opened or does not take what is written.
    """
    if output == "-":
        yield Wav(sys.stdout.buffer, audio_format, sample_rate).write
    elif output is not None:
        with open(output, "wb") as file:
            wav = Wav(file, audio_format, sample_rate)
            try:
                yield wav.write
            finally:
                if file.seekable():
                    wav.finish()
    else:
        with _open_player(player() or PLAYERS[0], audio_format, sample_rate) as sink:
            yield sink


@contextmanager
def _open_player(name: str, audio_format: str, sample_rate: int) -> Iterator[Sink]:
    if name == "afplay":  # it reads files only
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "said.wav")
            with open_sink(path, audio_format, sample_rate) as sink:
                yield sink
            _check(name, subprocess.run([name, path], check=False).returncode)
        return
    with subprocess.Popen(_command(name, audio_format, sample_rate), stdin=subprocess.PIPE) as process:
        assert process.stdin
        file = cast(BinaryIO, process.stdin)
        yield file.write if name == "paplay" else Wav(file, audio_format, sample_rate).write
    _check(name, process.returncode)


def _command(name: str, audio_format: str, sample_rate: int) -> list[str]:
    if name == "paplay":  # takes bare samples only, where it reads stdin
        return [name, "--raw", f"--format={_PULSE[audio_format]}", f"--rate={sample_rate}", "--channels=1"]
    if name == "ffplay":
        return [name, "-nodisp", "-autoexit", "-loglevel", "error", "-"]
    return [name, "-q", "-"]


def _check(name: str, status: int) -> None:
    if status:
        raise OSError(f"{name} could not play (status {status}): write a file with -o hello.wav")


def check_output(output: str | None) -> None:
    """Raise OSError, before anything is spoken, if there is nowhere for it to go."""
    if output is None and player() is None:
        raise OSError(f"no audio player is here ({', '.join(PLAYERS)}): write a file with -o hello.wav")
    if output not in (None, "-") and not os.path.isdir(os.path.dirname(output) or "."):
        raise OSError(f"there is no folder {os.path.dirname(output)!r} to write into")
