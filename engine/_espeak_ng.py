"""libespeak-ng by ctypes: one voice, one short text, its samples and its word events.

Facts of the library (1.52, as the espeakng-loader wheel carries it) that this file answers for:
- Output mode 2 calls back on the caller's thread; mode 1 returns at once and calls back on a thread of its own.
- It is one global state machine: not re-entrant, and voice, rate, pitch, range and volume stay as the last caller left
  them. Here each call sets all of them, under a lock, so that it does not matter who else in the process speaks.
- An unknown voice is refused by a status only and the one before stays; an unknown variant is not refused at all.
- Rate must be set after the voice: a voice with a speed of its own otherwise leaves it to those that follow.
- Positions of events are code points of the text given, from 1; an event list ends with type 0.
- A non-zero return of the callback stops it within a buffer, and the next call is fine.
- Text is translated to phonemes as the last text spoken was: with those in brackets taken for such, or not.
"""

from __future__ import annotations

import ctypes as c
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from engine._espeak_ipa import BETWEEN, answered, mnemonics, question

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1  # neither SSML (0x10) nor a pause at the end (0x1000)
_PHONEMES = 0x100  # in double brackets
_IPA = 2
_PARTED = ord(BETWEEN) << 8
_BUFFER_MS = 200
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_LIST_TERMINATED, _WORD = 0, 1
_GENDERS = {1: "male", 2: "female"}


class EspeakError(Exception):
    """The library cannot be loaded, or refuses what it is asked for."""


class _EventId(c.Union):
    _fields_ = (("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8))


class _Event(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _EventId),
    )


class _Voice(c.Structure):
    _fields_ = (
        ("name", c.c_char_p),
        ("languages", c.c_void_p),
        ("identifier", c.c_char_p),
        ("gender", c.c_ubyte),
        ("age", c.c_ubyte),
        ("variant", c.c_ubyte),
        ("reserved", c.c_ubyte),
        ("score", c.c_int),
        ("spare", c.c_void_p),
    )


_Callback = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int, c.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice as the library lists it: `identifier` is its file, `tag` its first language; gender if it has one."""

    identifier: str
    tag: str
    name: str
    gender: str | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How to speak, in the library's own units: words a minute, 0..100 around 50, percent, 0..100 around 50.

    `range` is how far the melody goes up and down: none at 0, twice the voice's own at 100.
    """

    rate: int
    pitch: int
    volume: int
    range: int = 50


@dataclass(frozen=True, slots=True)
class Speech:
    """What one call made: int16 samples, and (code point from 0, sample) of each word's beginning.

    `stopped` says that it would have been longer than was allowed; then neither is complete.
    """

    samples: NDArray[np.int16]
    words: tuple[tuple[int, int], ...]
    stopped: bool


class Library:
    """The library, initialised. There is one of it in a process: `load()`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chosen = ""
        self._max_samples = 0
        self._num_samples = 0
        self._buffers: list[bytes] = []
        self._words: list[tuple[int, int]] = []
        self._callback = _Callback(self._heard)  # the library keeps only its address
        self._lib = _open()
        data_path = espeakng_loader.get_data_path().encode()
        self.sample_rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data_path, _DONT_EXIT)
        if self.sample_rate <= 0:
            raise EspeakError(f"espeak-ng does not start with its data in {data_path.decode()}")
        self._lib.espeak_SetSynthCallback(self._callback)

    def voices(self) -> list[ListedVoice]:
        """Return the voices of the wheel."""
        with self._lock:
            return list(_listed(self._lib.espeak_ListVoices(None)))

    def phonetics(self, identifier: str) -> dict[str, str]:
        """Return what a voice calls its sounds, by their IPA. Raises EspeakError for an unknown identifier."""
        with self._lock:
            self._choose(identifier, Manner(175, 50, 100))
            self._synthesise("[[_]]", _PHONEMES)
            sounds = mnemonics((Path(espeakng_loader.get_data_path()) / "phontab").read_bytes())
            return answered((name, vowel, self._ipa(question(name, vowel=vowel))) for name, vowel in sounds.items())

    def speak(self, voice: str, text: str, manner: Manner, max_samples: int, *, phonemes: bool = False) -> Speech:
        """Say a text of at most 200 code points, without NUL or surrogates, with `identifier` or `identifier+variant`.

        With `phonemes` what stands in it between double brackets is taken for such. The call is stopped when it has
        made more than `max_samples`. Raises EspeakError for an unknown identifier.
        """
        with self._lock:
            self._choose(voice, manner)
            self._max_samples = max_samples
            status = self._synthesise(text, _PHONEMES if phonemes else 0)
            stopped = self._num_samples > max_samples
            if status and not stopped:
                raise EspeakError(f"espeak-ng refuses a text with status {status}")
            return Speech(np.frombuffer(b"".join(self._buffers), np.int16), tuple(self._words), stopped)

    def _choose(self, voice: str, manner: Manner) -> None:
        if voice != self._chosen:
            self._chosen = ""
            if status := self._lib.espeak_SetVoiceByName(voice.encode()):
                raise EspeakError(f"espeak-ng has no voice {voice!r} (status {status})")
            self._chosen = voice
        for parameter, value in (
            (_RATE, manner.rate),
            (_VOLUME, manner.volume),
            (_PITCH, manner.pitch),
            (_RANGE, manner.range),
        ):
            self._lib.espeak_SetParameter(parameter, value, 0)

    def _synthesise(self, text: str, flags: int) -> int:
        self._num_samples = 0
        self._buffers, self._words = [], []
        data = text.encode() + b"\0"
        status: int = self._lib.espeak_Synth(data, len(data), 0, 1, 0, _CHARS_UTF8 | flags, None, None)
        return status

    def _ipa(self, text: str) -> str:
        rest = c.c_char_p(text.encode())
        ipa: bytes | None = self._lib.espeak_TextToPhonemes(c.byref(rest), _CHARS_UTF8, _IPA | _PARTED)
        return (ipa or b"").decode()

    def _heard(self, samples: int | None, num_samples: int, events: c._Pointer[_Event]) -> int:
        if samples and num_samples:
            self._buffers.append(c.string_at(samples, 2 * num_samples))
            self._num_samples += num_samples
        index = 0
        while (event := events[index]).type != _LIST_TERMINATED:
            if event.type == _WORD:
                self._words.append((event.text_position - 1, event.sample))
            index += 1
        return int(self._num_samples > self._max_samples)


@functools.cache
def load() -> Library:
    """Return the process' library; the first call loads and initialises it. Raises EspeakError."""
    return Library()


def _open() -> c.CDLL:
    try:
        lib = c.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        raise EspeakError(f"espeak-ng cannot be loaded: {error}") from error
    lib.espeak_Initialize.argtypes = [c.c_int, c.c_int, c.c_char_p, c.c_int]
    lib.espeak_SetSynthCallback.argtypes = [_Callback]
    lib.espeak_SetSynthCallback.restype = None
    lib.espeak_SetVoiceByName.argtypes = [c.c_char_p]
    lib.espeak_SetParameter.argtypes = [c.c_int, c.c_int, c.c_int]
    lib.espeak_ListVoices.argtypes = [c.c_void_p]
    lib.espeak_ListVoices.restype = c.POINTER(c.POINTER(_Voice))
    lib.espeak_Synth.argtypes = [
        *(c.c_char_p, c.c_size_t, c.c_uint, c.c_int, c.c_uint, c.c_uint),
        *(c.c_void_p, c.c_void_p),
    ]
    lib.espeak_TextToPhonemes.argtypes = [c.POINTER(c.c_char_p), c.c_int, c.c_int]
    lib.espeak_TextToPhonemes.restype = c.c_char_p
    return lib


def _listed(voices: c._Pointer[c._Pointer[_Voice]]) -> Iterator[ListedVoice]:
    index = 0
    while voices[index]:
        voice = voices[index].contents
        tag = c.string_at(voice.languages + 1)  # a priority byte, then the tag; others follow
        yield ListedVoice(voice.identifier.decode(), tag.decode(), voice.name.decode(), _GENDERS.get(voice.gender))
        index += 1
