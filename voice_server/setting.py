"""How one utterance is spoken, settled once: from what its client chose, over what its session was opened with."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.types import EngineInfo, Output
from voice_server.casting import cast, lexicon_of, output_of
from voice_server.journal import Caller, note
from voice_server.messages import Options, Warned
from voice_server.terms import Terms


@dataclass(frozen=True, slots=True)
class Setting:
    """What an utterance is given once: its names on the wire, its voice and language, its encoding, its options.

    `caller` is whose it is, `lexicon` how words are pronounced. `silent` says that its audio is made but not sent.
    `warned` is what its client is told about it first.
    """

    context: str
    stream: int
    voice: str
    language: str
    output: Output
    options: Options
    caller: Caller = field(default_factory=Caller)
    silent: bool = False
    lexicon: Lexicon = NO_LEXICON
    warned: Warned | None = None


def settle(context: str, stream: int, given: Options | None, terms: Terms, info: EngineInfo) -> Setting:
    """Return the setting of an utterance with these names. Raises UnknownVoice or InvalidField."""
    options = given.over(terms.defaults) if given is not None else terms.defaults
    options, warned = terms.recast(options, info)
    if warned is not None:
        note(warned.code, terms.caller.names() | {"reason": warned.message}, logging.WARNING)
    voice, language = cast(options, info)
    return Setting(
        context,
        stream,
        voice,
        language,
        output_of(options),
        options,
        terms.caller,
        terms.audio == "none",
        lexicon_of(options, terms.lexicon),
        warned,
    )
