"""By which doors clients come in: for each path, how a request is read, and how its dialect is spoken. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol

from engine.types import Voice
from voice_server.errors import VoiceServerError
from voice_server.forms import Form, M
from voice_server.messages import Audio, Command, Event, Options


class Adapter(Protocol):
    """One dialect on one connection: pure, no I/O, never awaits, never cuts text."""

    def decode(self, message: str) -> Sequence[Command]:
        """Return what a message asks for, in the order it is to be done."""

    def encode(self, event: Event) -> Sequence[str | bytes]:
        """Return the messages that tell an event."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A socket's request: the parameters of its path, and its query."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP answer that says no, as JSON."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


Refuse = Callable[[VoiceServerError], Refusal]
"""How a dialect says no, before a socket is accepted or sound has begun. Retry-After is added for it."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a session is opened with: the defaults of its utterances, and how their audio travels.

    It is closed after `idle_timeout_s` without anything said or spoken, if the server does not do so before (None:
    as the server has it). With `frail` an error of an utterance closes it too, for dialects that have one utterance
    only. With `any_voice` voices may go by other names, and one that nobody has is no error.
    """

    options: Options
    audio: Audio = "tagged"
    idle_timeout_s: float | None = None
    frail: bool = False
    any_voice: bool = True


@dataclass(frozen=True, slots=True)
class Entered:
    """What a socket's request comes to: who translates, and what is agreed."""

    adapter: Adapter
    agreed: Agreed


@dataclass(frozen=True, slots=True)
class SocketDoor:
    """A path with sockets, as starlette writes paths.

    `enter` reads a request, and may raise InvalidField. `tell` encodes for those who have no session yet, or never
    will. `explains`: a wrong query is told on the accepted socket, since browsers hide what comes instead of the
    upgrade. `id_headers` are other names of the header that holds the request's id.
    """

    path: str
    enter: Callable[[Asked], Entered]
    tell: Callable[[Event], Sequence[str | bytes]]
    refuse: Refuse
    explains: bool = False
    id_headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text to be spoken as the body of an answer. `encode` returns the parts of the body that tell an event."""

    text: str
    agreed: Agreed
    media_type: str
    encode: Callable[[Event], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class SpeechDoor(Generic[M]):
    """A path whose answer is speech. `read` may raise InvalidField; lengths are checked for it.

    An answer has one of `media_types`; what is JSON is like one of the `examples`.
    """

    path: str
    form: Form[M]
    read: Callable[[M], Wanted]
    refuse: Refuse
    media_types: Collection[str]
    examples: Sequence[object] = ()
    methods: tuple[str, ...] = ("POST",)
    id_headers: tuple[str, ...] = ()
    summary: str = "Speak one text"


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who speaks here: voices, the default one's id, the variants and tags of the engine, and voices' other names."""

    default: str
    voices: tuple[Voice, ...]
    variants: tuple[str, ...]
    tags: frozenset[str]
    other_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListDoor(Generic[M]):
    """A path that tells what there is, as JSON. `answer` may raise InvalidField.

    Several may have one path: a request gets the first that wants its key in the place where it is, see
    `credentials.place`; None wants it anywhere.
    """

    path: str
    form: Form[M]
    answer: Callable[[M, Speakers], object]
    refuse: Refuse
    key_in: str | None = None
    summary: str = "List who speaks here"


Door = SocketDoor | SpeechDoor[Any] | ListDoor[Any]
