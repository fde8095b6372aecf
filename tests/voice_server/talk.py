"""A conversation with a Session, without sockets and without waiting: what is said, and what is heard when."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from engine.local import LocalLoop
from engine.tone import ToneEngine, hear, pitch_of, vocabulary
from engine.types import Pcm
from tests.engine.build import Clock
from voice_server.adapters.native import HEADER, NativeAdapter
from voice_server.allowance import Allowance
from voice_server.doors import Adapter
from voice_server.messages import Audio, Closed, Options
from voice_server.metrics import Metrics
from voice_server.session import Session
from voice_server.terms import Limits, Terms

SPINS = 2000
"""Turns in which nothing is sent, after which a session is taken to spin."""

TURN_S = 1e-6
PATIENCE = 20
"""After so many turns in which nothing is sent, each takes time: a clock that stands still meets rounding."""

WORDS = vocabulary(400)
"""Words that the tone engine says so that each can be told from the others."""


@dataclass(frozen=True)
class Message:
    """One thing the client was sent, `at` seconds after the session began. Audio has `data`, and a body in any mode."""

    at: float
    type: str
    body: Mapping[str, Any]
    data: bytes = b""

    @property
    def context(self) -> str | None:
        return self.body.get("context_id")

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as JSON is
        return self.body[name]


class SteppedLoop(LocalLoop):
    """A LocalLoop that tells when it wants to be stepped."""

    def wait_s(self) -> float:
        wait_s = self._loop.wait_s()
        return math.inf if wait_s is None else wait_s


class Heard(list[Message]):
    """Messages in the order they came."""

    def of(self, *types: str, context: str | None = None) -> Heard:
        return Heard(
            message for message in self if message.type in types and (context is None or message.context == context)
        )

    def one(self, *types: str, context: str | None = None) -> Message:
        (message,) = self.of(*types, context=context)
        return message

    @property
    def types(self) -> list[str]:
        """The types in order, runs of audio and timestamps told once."""
        told: list[str] = []
        for message in self:
            if message.type != "timestamps" and (message.type != "audio" or told[-1:] != ["audio"]):
                told.append(message.type)
        return told

    def data(self, context: str) -> bytes:
        return b"".join(message.data for message in self.of("audio", context=context))

    def pcm(self, context: str) -> Pcm:
        return np.frombuffer(self.data(context), "<i2").astype(np.float32) / np.float32(32768)

    def words(self, context: str, text: str = "") -> list[str]:
        """Which of the words of a text were spoken, without their punctuation, by ear. For pcm_s16le at 48 kHz."""
        tokens = set(text.split())
        candidates = sorted(tokens | set(map(bare, tokens))) or WORDS
        assert len(set(map(pitch_of, candidates))) == len(candidates), "some of these sound alike"
        return [bare(word) for word in hear(self.pcm(context), 48000, candidates)]

    def tokens(self, context: str, unit: str = "words") -> list[str]:
        return [token for message in self.of("timestamps", context=context) for token in message[unit]]


def bare(word: str) -> str:
    return word.strip(".,!")


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


@dataclass
class Talk:
    """A client of one session: `say` something, `hear` what comes of it. Time passes only while hearing."""

    audio: Audio = "tagged"
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    allowance: Allowance = field(default_factory=Allowance)
    engine: ToneEngine = field(default_factory=ToneEngine)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.began = self.clock.now
        self.metrics = Metrics()
        self.loop = SteppedLoop(self.engine, self.clock, self.clock.advance)
        self.adapter, terms = self._agree()
        self.session = Session(self.loop, terms, self.metrics, self.clock, lambda at: None)
        self.heard = Heard()
        self._streams: dict[int, str] = {}
        self._sounding = 0
        self.closed = False

    def _agree(self) -> tuple[Adapter, Terms]:
        return NativeAdapter(self.audio), Terms(self.options, self.audio, self.limits, self.allowance)

    @property
    def now(self) -> float:
        return self.clock.now - self.began

    def say(self, message: dict[str, Any] | str) -> None:
        """Send a message: an object as JSON, a string as a line typed by hand."""
        frame = message if isinstance(message, str) else json.dumps(message)
        for command in self.adapter.decode(frame):
            self.session.handle(command)

    def hear(self, for_s: float = math.inf) -> Heard:
        """Let time pass, and return what came; without a time, until nothing more will come by itself."""
        until = self.clock.now + for_s
        already, spins = len(self.heard), 0
        while not self.closed:
            spins = 0 if self._take_all() else spins + 1
            assert spins < SPINS, "the session spins"
            wait_s = self.loop.wait_s()
            at = min(self.clock.now + wait_s, self.session.wake_at())
            if at > until or at == math.inf:
                break
            self.clock.now = max(self.clock.now + (TURN_S if spins > PATIENCE else 0.0), at)
            if self.clock.now + self.loop.wait_s() <= self.clock.now:
                self.loop.step()
        if for_s != math.inf:
            self.clock.now = until
        return Heard(self.heard[already:])

    def ask(self, message: dict[str, Any] | str, for_s: float = math.inf) -> Heard:
        """Say one thing and hear what comes of it."""
        self.say(message)
        return self.hear(for_s)

    def ignore(self, for_s: float, hold_s: float = math.inf) -> None:
        """Let time pass without reading; every `hold_s` the connection says so."""
        until, hold_at = self.clock.now + for_s, self.clock.now + hold_s
        while self.clock.now < until:
            self.loop.step()
            at = min(self.clock.now + max(self.loop.wait_s(), TURN_S), hold_at, until)
            self.clock.now = at
            if at == hold_at:
                self.session.hold()
                hold_at += hold_s

    def _take_all(self) -> bool:
        """Do what a connection's writer does: take until there is nothing. Return whether there was anything."""
        already = len(self.heard)
        awake = self.session.wake_at() <= self.clock.now
        while awake and not self.closed and (event := self.session.take()) is not None:
            if isinstance(event, Closed):
                self.closed = True
                self.heard.append(Message(self.now, "closed", {"code": event.code}))
            for frame in self.adapter.encode(event):
                self.heard.append(self._read(frame))
        return len(self.heard) > already

    def _read(self, frame: str | bytes) -> Message:
        if isinstance(frame, bytes):
            return self._read_audio(frame)
        body = json.loads(frame, parse_constant=refuse)
        if body["type"] == "started":
            assert body["stream"] not in self._streams
            self._streams[body["stream"]] = body["context_id"]
            self._sounding = body["stream"]
        data = base64.b64decode(body["data"]) if body["type"] == "audio" else b""
        return Message(self.now, body["type"], body, data)

    def _read_audio(self, frame: bytes) -> Message:
        if self.audio == "binary":
            return Message(self.now, "audio", {"context_id": self._streams[self._sounding]}, frame)
        version, flags, zero, stream, first_sample = HEADER.unpack(frame[: HEADER.size])
        assert (version, flags, zero) == (1, 0, 0)
        body = {"context_id": self._streams[stream], "stream": stream, "first_sample": first_sample}
        return Message(self.now, "audio", body, frame[HEADER.size :])


def sentence(num_words: int, first: int = 0) -> str:
    """Return different words that take 80 ms each."""
    return " ".join(WORDS[first : first + num_words])
