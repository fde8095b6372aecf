"""All voices of one model: those that it was trained with or can be asked for, and those that were learnt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.learning import VoiceRefused
from engine.spark.voice_files import NUM_TOKENS, SparkVoice, VoiceError, VoiceFolder
from engine.types import Pcm, Voice

_log = logging.getLogger(__name__)

Make = Callable[[Iterable[SparkVoice]], list[SparkVoice]]
"""Has the model make voices up: returns those that it could."""

Listen = Callable[[Pcm], list[int]]
"""Returns the 32 speaker tokens of a clip at 16 kHz."""


class VoiceBook(Mapping[str, SparkVoice]):
    """The voices that can speak, by name: `own` are the model's, and cannot be forgotten.

    What is kept in the folder is read first: voices that were made up or learnt before are not made again.
    Raises VoiceError for a folder with a file that is no voice.
    """

    def __init__(self, own: Iterable[SparkVoice], folder: VoiceFolder) -> None:
        self._own = {voice.id: voice for voice in own}
        self._folder = folder
        known = self._own | folder.read()
        self._voices = {name: voice for name, voice in known.items() if voice.tokens}
        self._wanted = [voice for voice in known.values() if not voice.tokens]

    def __getitem__(self, name: str) -> SparkVoice:
        return self._voices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._voices)

    def __len__(self) -> int:
        return len(self._voices)

    @property
    def listed(self) -> tuple[Voice, ...]:
        """What clients are told of these voices, the model's own ones first."""
        names = [*(name for name in self._own if name in self), *sorted(self.keys() - self._own.keys())]
        return tuple(self[name].listed for name in names)

    def complete(self, make: Make) -> None:
        """Have the voices made up that have no speaker tokens yet, and keep them.

        Raises VoiceError where nobody can speak then.
        """
        for voice in make(self._wanted) if self._wanted else []:
            self._voices[voice.id] = voice
            self._keep(voice)
        if unnamed := [voice.id for voice in self._wanted if voice.id not in self]:
            _log.warning("the model named no speaker for %s: these voices are left out", ", ".join(unnamed))
        if not self:
            raise VoiceError("there is no voice: the model named no speaker. Is it a Spark-TTS model?")

    def enroll(self, voice: Voice, pcm: Pcm, listen: Listen) -> None:
        """Learn a voice from a clip, and keep it. Raises VoiceRefused."""
        if voice.id in self:
            raise VoiceRefused(f"there is a voice {voice.id!r} already: remove it first, or choose another name")
        try:
            tokens = tuple(listen(pcm))
            if len(tokens) != NUM_TOKENS:
                raise VoiceError(f"a clip has {NUM_TOKENS} speaker tokens, not {len(tokens)}")
            learnt = SparkVoice(voice.id, voice.name, voice.language, voice.gender, tokens)
            self._folder.keep(learnt)
        except ValueError as error:
            raise VoiceRefused(str(error)) from None
        self._voices[voice.id] = learnt

    def forget(self, name: str) -> None:
        """Part with a voice that was learnt. Raises VoiceRefused."""
        if name in self._own:
            raise VoiceRefused(f"voice {name!r} is the model's own and cannot be removed")
        try:
            if self._voices.pop(name, None) is None:
                raise VoiceError(f"there is no voice {name!r}")
            self._folder.forget(name)
        except VoiceError as error:
            raise VoiceRefused(str(error)) from None

    def _keep(self, voice: SparkVoice) -> None:
        """Keep what was made up. Without it, it is made again at the next start: that is slow, and not wrong."""
        try:
            self._folder.keep(voice)
        except VoiceError as error:
            _log.warning("a voice that was made up cannot be kept: %s", error)
