"""What all sessions of a server have in common, whichever door they come in by."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.types import Loop
from voice_server.casting import recast
from voice_server.doors import Agreed, Speakers
from voice_server.entrance import Guest
from voice_server.messages import Options, Warned
from voice_server.metrics import Metrics
from voice_server.session import Session
from voice_server.stand_ins import stand_ins
from voice_server.terms import Limits, Terms


@dataclass(frozen=True, slots=True)
class House:
    """The engine's loop, the metrics, the limits, the lexicon, and by which other names voices are known."""

    loop: Loop
    metrics: Metrics
    limits: Limits
    lexicon: Lexicon = NO_LEXICON
    voice_map: Mapping[str, str] = field(default_factory=dict)

    def open(self, agreed: Agreed, guest: Guest, wake: Callable[[float], None]) -> Session:
        """Open a session for somebody who has been let in. Raises UnknownVoice or InvalidField."""
        terms = Terms(
            agreed.options,
            agreed.audio,
            self._limits(agreed.idle_timeout_s),
            guest.allowance,
            guest.caller,
            self.lexicon,
            self.names() if agreed.any_voice else None,
            agreed.frail,
        )
        return Session(self.loop, terms, self.metrics, time.monotonic, wake)

    def names(self) -> Mapping[str, str]:
        """Return the names that voices have besides their own: those they were given here go over stand-ins."""
        return {**stand_ins(self.loop.info), **self.voice_map}

    def strays(self) -> Mapping[str, str]:
        """Return what the voice map says of voices that nobody here has."""
        return {name: voice for name, voice in self.voice_map.items() if self.loop.info.voice(voice) is None}

    def speakers(self) -> Speakers:
        """Return who speaks here."""
        info = self.loop.info
        return Speakers(info.default_voice, info.voices, info.variants, info.tags, self.names())

    def warning(self, options: Options) -> Warned | None:
        """Return what there is to say about a voice that may go by another name; None: it is here."""
        return recast(options, self.loop.info, self.names())[1]

    def _limits(self, idle_timeout_s: float | None) -> Limits:
        own = self.limits.idle_timeout_s
        if idle_timeout_s is None or (own is not None and own <= idle_timeout_s):
            return self.limits
        return replace(self.limits, idle_timeout_s=idle_timeout_s)
