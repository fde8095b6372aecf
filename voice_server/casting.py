"""What options come to: which voice speaks an utterance, how its text is read, how it is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import cast as typed

from engine.text.lexicon import MAX_SESSION_ENTRIES, Lexicon, LexiconError
from engine.types import EngineInfo, Output, PacketMs, Voice
from voice_server.errors import InvalidField, UnknownVoice
from voice_server.messages import Options, Warned


def cast(options: Options, info: EngineInfo) -> tuple[str, str]:
    """Return the voice id and the language tag for an utterance with these options.

    A language that no voice speaks is read by the engine's own. Raises UnknownVoice.
    """
    voice = _voice(options, info)
    return options.voice or voice.id, options.language or voice.language


def _voice(options: Options, info: EngineInfo) -> Voice:
    if not options.voice and options.language and (found := info.voice_for(options.language)):
        return found
    wanted = options.voice or info.default_voice
    if found := info.voice(wanted):
        return found
    raise UnknownVoice(f"there is no voice {wanted!r}: /v1/voices lists them", field="voice")


def recast(options: Options, info: EngineInfo, voice_map: Mapping[str, str]) -> tuple[Options, Warned | None]:
    """Return options whose voice is one of the engine's, and a warning where that is not the one that was meant.

    Voices are known by their ids, by the names in `voice_map`, and by the engine's own names. Nobody of that name:
    whoever speaks the language does.
    """
    wanted = options.voice
    if not wanted or (wanted not in voice_map and info.voice(wanted) is not None):
        return options, None
    if (ours := _known_as(wanted, info, voice_map)) is not None:
        return options.model_copy(update={"voice": ours}), None
    recast_to = options.model_copy(update={"voice": ""})
    instead = _voice(recast_to, info).id
    message = (
        f"there is no voice {wanted[:64]!a}: {instead!r} speaks. GET /v1/voices lists them, a voice map adds names"
    )
    return recast_to, Warned("unknown_voice", message, "voice")


def _known_as(wanted: str, info: EngineInfo, voice_map: Mapping[str, str]) -> str | None:
    """Return the id of the voice that goes by this name."""
    mapped = voice_map.get(wanted) or voice_map.get(wanted.lower())
    if mapped is not None and info.voice(mapped) is not None:
        return mapped
    return next((voice.id for voice in info.voices if wanted.lower() in (voice.id.lower(), voice.name.lower())), None)


def output_of(options: Options) -> Output:
    """Return how an utterance is to be encoded. Raises InvalidField where the options do not go together."""
    packets = options.format in ("opus", "ogg_opus")
    packet_ms = options.frame_ms or 20
    if packets and packet_ms not in (20, 40, 60):
        raise InvalidField("frame_ms of Opus must be 20, 40 or 60", field="frame_ms")
    try:
        return Output(
            format=options.format,
            sample_rate=options.sample_rate,
            packet_ms=typed(PacketMs, packet_ms) if packets else 20,
            bitrate=options.bitrate,
            complexity=options.complexity,
            fec=options.fec,
            dtx=options.dtx,
        )
    except ValueError as error:
        message = str(error)
        raise InvalidField(message, field=message.partition(" ")[0]) from None


def lexicon_of(options: Options, house: Lexicon) -> Lexicon:
    """Return how words are pronounced: as the options say, else as the server's own lexicon does.

    Raises InvalidField, naming every line that is wrong.
    """
    try:
        return _merged(house, options.lexicon) if options.lexicon else house
    except LexiconError as error:
        raise InvalidField(str(error), field="lexicon") from None


@lru_cache(maxsize=64)
def _merged(house: Lexicon, lines: str) -> Lexicon:
    return house.merged(Lexicon.parse(lines, "the option", MAX_SESSION_ENTRIES))
