"""Settings, validated once and passed down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.text.lexicon import NO_LEXICON, Lexicon
from voice_server.access import is_loopback
from voice_server.keys import KEYS_VARIABLE
from voice_server.logs import LogFormat, LogLevel
from voice_server.tls import Certificate

API_KEY_VARIABLE = "VOICE_SERVER_API_KEY"


def _read_lexicon(given: Lexicon | Path) -> Lexicon:
    """Read a file of pronunciations. Raises ValueError with every line that is wrong."""
    if isinstance(given, Lexicon):
        return given
    try:
        return Lexicon.parse(given.read_text("utf-8"), str(given))
    except OSError as error:
        raise ValueError(f"{given} cannot be read ({error.strerror}): give the path of a lexicon") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{given} is not UTF-8 (byte {error.start}): save it as UTF-8") from None


def _read_voice_map(given: Mapping[str, str] | Path) -> Mapping[str, str]:
    """Read a file of voices' other names. Raises ValueError."""
    if not isinstance(given, Path):
        return given
    try:
        read = json.loads(given.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{given} cannot be read ({error.strerror}): give the path of a voice map") from None
    except ValueError as error:  # UnicodeDecodeError is one
        raise ValueError(f"{given} is no JSON in UTF-8 ({error})") from None
    if not isinstance(read, dict):
        raise ValueError(f"{given} must hold one JSON object, of names to the ids of voices")
    return read


class Settings(BaseModel):
    """How the server runs. The defaults speak on this machine, to this machine.

    `lexicon` may be given as a Path, and so may `voice_map`, which gives voices the names that vendors' clients
    call them by: a JSON object of names to ids. `tls_cert` and `tls_key` are PEM files,
    `tls_self_signed` is a folder for some that are made here. For `start_limit_s` seconds an
    engine may start without getting on: a neural one compiles what it will run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    engine: str = "espeak"
    engine_options: dict[str, Any] = {}
    start_limit_s: Annotated[float, Field(gt=0.0)] = 600.0
    api_key: str | None = None
    keys_file: Path | None = None
    allowed_origins: tuple[str, ...] = ()
    max_sessions: Annotated[int, Field(ge=1)] = 512
    max_contexts: Annotated[int, Field(ge=1)] = 64
    max_text_chars: Annotated[int, Field(ge=1)] = 1 << 20
    max_frame_bytes: Annotated[int, Field(ge=1024)] = 1 << 20
    lexicon: Annotated[Lexicon, BeforeValidator(_read_lexicon)] = NO_LEXICON
    voice_map: Annotated[Mapping[str, str], BeforeValidator(_read_voice_map)] = {}
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_self_signed: Path | None = None
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"
    max_utterances: Annotated[int, Field(ge=1)] = 4096
    max_chars_per_minute: Annotated[int, Field(ge=1)] | None = None
    max_load: Annotated[float, Field(gt=0.0)] = 0.85
    idle_timeout_s: Annotated[float, Field(gt=0.0)] | None = None
    ping_s: Annotated[float, Field(gt=0.0)] = 20.0
    drain_s: Annotated[float, Field(ge=0.0)] = 30.0

    @model_validator(mode="after")
    def _keyed_when_open(self) -> Settings:
        if not self.api_key and self.keys_file is None and not is_loopback(self.host):
            keys = f"{API_KEY_VARIABLE} (or --api-key) or {KEYS_VARIABLE} (or --keys)"
            raise ValueError(f"binding {self.host} lets others in: set {keys}, or bind 127.0.0.1")
        return self

    @model_validator(mode="after")
    def _certified_with_a_key(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "--tls-key" if self.tls_key is None else "--tls-cert"
            raise ValueError(f"a certificate and its key go together: give {missing} too")
        if self.tls_self_signed is not None and self.tls_cert is not None:
            raise ValueError("a certificate is given already: leave out --tls-self-signed, or --tls-cert and --tls-key")
        return self

    @property
    def certificate(self) -> Certificate | None:
        """What to serve TLS with; None: do not."""
        if self.tls_self_signed is not None:
            return Certificate(self.tls_self_signed / "cert.pem", self.tls_self_signed / "key.pem")
        return Certificate(self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None
