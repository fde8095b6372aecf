"""Every dialect that is spoken here, with the doors it has: a line for each."""

from __future__ import annotations

from collections.abc import Mapping

from voice_server.adapters import (
    cartesia,
    cartesia_http,
    deepgram,
    deepgram_flux,
    deepgram_http,
    elevenlabs,
    elevenlabs_http,
    native,
    native_http,
    openai_http,
)
from voice_server.doors import Door

DIALECTS: Mapping[str, tuple[Door, ...]] = {
    "ElevenLabs": (*elevenlabs.DOORS, *elevenlabs_http.DOORS),
    "native": (*native.DOORS, *native_http.DOORS),
    "Cartesia": (*cartesia.DOORS, *cartesia_http.DOORS),
    "Deepgram": (*deepgram.DOORS, *deepgram_flux.DOORS, *deepgram_http.DOORS),
    "OpenAI": openai_http.DOORS,  # last: it lists models to all who are nobody else's client
}

DOORS: tuple[Door, ...] = tuple(door for doors in DIALECTS.values() for door in doors)
"""Of the lists that share a path the first one answers that wants the key where a request has it."""
