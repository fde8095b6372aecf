"""Everything that can go wrong for a client, as one tree.

    VoiceServerError                          close  HTTP  retryable
    ├── BadInput                               1008   400  no
    │   ├── BadJson            bad_json
    │   ├── InvalidField       invalid_field
    │   ├── UnknownVoice       unknown_voice
    │   ├── TextTooLong        text_too_long
    │   ├── TextAfterEnd       text_after_end
    │   ├── TooManyContexts    too_many_contexts
    │   ├── BinaryFrame        binary_frame     1003
    │   ├── MessageTooLarge    message_too_large 1009   413
    │   ├── TooSlow            too_slow                408
    │   ├── BadClip            bad_clip
    │   ├── VoicesFixed        voices_fixed            501
    │   └── TooManyUnread      too_many_unread
    ├── Refused                                1008   403  no
    │   ├── Unauthorized       unauthorized           401
    │   ├── MissingScope       missing_scope
    │   ├── ForbiddenOrigin    forbidden_origin
    │   ├── RateLimited        rate_limited     1013   429  yes
    │   └── Busy               busy             1013   503  yes
    └── EngineError                            1011   500  yes
        └── EngineFailed       engine_failed

Frames over the size limit are closed with 1009 and text that is not UTF-8 with 1007 by the WebSocket layer itself.
"""

from __future__ import annotations

from typing import ClassVar


class VoiceServerError(Exception):
    """An error a client is told of: a stable `code`, a sentence with the remedy, and the field at fault, if one is.

    `retry_after_s` says when to try again, where that is known.
    """

    code: ClassVar[str] = "internal"
    close_code: ClassVar[int] = 1011
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, field: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s


class BadInput(VoiceServerError):
    """The client sent something that cannot be used. Costs one utterance at most."""

    close_code = 1008
    http_status = 400


class BadJson(BadInput):
    """A frame that starts with `{` is not a JSON object."""

    code = "bad_json"


class InvalidField(BadInput):
    """A field has the wrong type or is out of its range."""

    code = "invalid_field"


class UnknownVoice(BadInput):
    """No voice has this id."""

    code = "unknown_voice"


class TextTooLong(BadInput):
    """An utterance holds more text than the limit."""

    code = "text_too_long"


class TextAfterEnd(BadInput):
    """Text came for an utterance whose text had ended."""

    code = "text_after_end"


class TooManyContexts(BadInput):
    """A socket has more utterances at a time than the limit."""

    code = "too_many_contexts"


class BinaryFrame(BadInput):
    """A binary frame came; this protocol takes text only."""

    code = "binary_frame"
    close_code = 1003


class MessageTooLarge(BadInput):
    """A request holds more bytes than the limit."""

    code = "message_too_large"
    close_code = 1009
    http_status = 413


class TooSlow(BadInput):
    """A request's body does not come to its end."""

    code = "too_slow"
    http_status = 408


class BadClip(BadInput):
    """No voice can be learnt from a recording."""

    code = "bad_clip"


class VoicesFixed(BadInput):
    """The engine that runs here learns no voices."""

    code = "voices_fixed"
    http_status = 501


class TooManyUnread(BadInput):
    """A client keeps asking and does not read the answers."""

    code = "too_many_unread"


class Refused(VoiceServerError):
    """The server does not let this client in."""

    close_code = 1008
    http_status = 403


class Unauthorized(Refused):
    """No API key, or one that is wrong, has expired or was revoked."""

    code = "unauthorized"
    http_status = 401


class MissingScope(Refused):
    """The API key is not good for this."""

    code = "missing_scope"


class ForbiddenOrigin(Refused):
    """A web page of another origin tries to use this server."""

    code = "forbidden_origin"


class RateLimited(Refused):
    """A limit of this client's own is used up: go on later."""

    code = "rate_limited"
    close_code = 1013
    http_status = 429
    retryable = True


class Busy(Refused):
    """The server is full or not ready: try again."""

    code = "busy"
    close_code = 1013
    http_status = 503
    retryable = True


class EngineError(VoiceServerError):
    """Speech could not be made; not the client's fault."""

    retryable = True


class EngineFailed(EngineError):
    """The engine gave up on this utterance, or died with it."""

    code = "engine_failed"


def kind_of(code: str) -> type[VoiceServerError]:
    """Return the error that has this code; where none has, the root."""
    return _KINDS.get(code, VoiceServerError)


def _kinds(root: type[VoiceServerError]) -> dict[str, type[VoiceServerError]]:
    below = [found for kind in root.__subclasses__() for found in _kinds(kind).items()]
    return dict(below) | {root.code: root}


_KINDS = _kinds(VoiceServerError)
