"""Which voice speaks an utterance, and in which language it is read."""

from __future__ import annotations

from engine.types import EngineInfo, Voice
from voice_server.errors import UnknownLanguage, UnknownVoice
from voice_server.messages import Options


def cast(options: Options, info: EngineInfo) -> tuple[str, str]:
    """Return the voice id and the language tag for an utterance with these options.

    Raises UnknownVoice or UnknownLanguage for what the engine does not have.
    """
    voice = _voice(options, info)
    return options.voice or voice.id, options.language or voice.language


def _voice(options: Options, info: EngineInfo) -> Voice:
    if not options.voice and options.language:
        if found := info.voice_for(options.language):
            return found
        message = f"no voice speaks {options.language!r}: /v1/voices lists the languages"
        raise UnknownLanguage(message, field="language")
    wanted = options.voice or info.default_voice
    if found := info.voice(wanted):
        return found
    raise UnknownVoice(f"there is no voice {wanted!r}: /v1/voices lists them", field="voice")
