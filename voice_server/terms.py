"""What a session is opened with, and what its client is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.types import EngineInfo
from voice_server.allowance import Allowance, Quota
from voice_server.casting import cast, lexicon_of, output_of, recast
from voice_server.errors import TextTooLong, VoiceServerError
from voice_server.journal import Caller
from voice_server.messages import Audio, Closed, Closing, Failure, Options, Ready, Warned


@dataclass(frozen=True, slots=True)
class Limits:
    """What one socket may ask for: code points of text per utterance, utterances at a time, bytes of a frame.

    It is closed after `idle_timeout_s` seconds in which nothing was spoken or said; None: never.
    """

    text_chars: int = 1 << 20
    contexts: int = 64
    frame_bytes: int = 1 << 20
    idle_timeout_s: float | None = None

    def told(self, quota: Quota) -> dict[str, int | None]:
        """Return them by the names they are announced by, together with those of its user."""
        own: dict[str, int | None] = {
            "text_chars": self.text_chars,
            "contexts": self.contexts,
            "frame_bytes": self.frame_bytes,
        }
        return own | asdict(quota)


@dataclass(frozen=True, slots=True)
class Terms:
    """Defaults of utterances' options, how audio travels, limits, what may be used, by whom; the house's lexicon.

    `voice_map` gives voices other names, and has a voice that nobody has be no error; None: only their ids are
    good. `frail`: an error of an utterance closes the session too.
    """

    defaults: Options
    audio: Audio = "binary"
    limits: Limits = Limits()
    allowance: Allowance = field(default_factory=Allowance)
    caller: Caller = field(default_factory=Caller)
    lexicon: Lexicon = NO_LEXICON
    voice_map: Mapping[str, str] | None = None
    frail: bool = False

    def recast(self, options: Options, info: EngineInfo) -> tuple[Options, Warned | None]:
        """Return options whose voice is named as the engine names it, where other names are good."""
        return (options, None) if self.voice_map is None else recast(options, info, self.voice_map)

    def take_text(self, num_chars: int, more: int, now: float) -> None:
        """Use up so many more characters for an utterance that has `num_chars`. Raises TextTooLong or RateLimited."""
        if num_chars + more > self.limits.text_chars:
            message = f"an utterance holds at most {self.limits.text_chars} characters: go on in another context"
            raise TextTooLong(message, field="text")
        self.allowance.take_chars(more, now)


def greeting(terms: Terms, info: EngineInfo) -> Ready:
    """Return the first thing to tell a client. Raises UnknownVoice or InvalidField."""
    voice, language = cast(terms.recast(terms.defaults, info)[0], info)
    output_of(terms.defaults)
    lexicon_of(terms.defaults, terms.lexicon)
    defaults = terms.defaults.model_dump(exclude={"lexicon"}) | {
        "voice": voice,
        "language": language,
        "audio": terms.audio,
    }
    defaults["frame_ms"] = terms.defaults.message_ms
    limits = terms.limits
    return Ready(
        terms.caller.session,
        terms.caller.request_id,
        info.name,
        defaults,
        limits.told(terms.allowance.quota),
        limits.idle_timeout_s,
    )


def farewell(text_remaining: dict[str, str], error: VoiceServerError | None) -> tuple[Closing | Failure, Closed]:
    """Return the last things to tell a client that is shut out for this error; without one the server stops."""
    if error is not None:
        return Failure.of(error, fatal=True), Closed(error.close_code, error.code)
    return Closing(text_remaining), Closed(1012, "the server restarts: connect again")
