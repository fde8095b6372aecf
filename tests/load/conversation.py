"""Sessions each with tones of its own, so that whatever anybody hears can be told to be theirs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from engine.tone import hear
from engine.types import Output
from tests.load.listening import listened
from tests.voice_server.serving import Server, Socket, socket_of
from tests.voice_server.talk import WORDS, Heard

AUDIO = ("tagged", "base64", "binary")

OUTPUTS = (
    Output("pcm_s16le"),
    Output("pcm_s16le", 16000),
    Output("pcm_f32le", 24000),
    Output("mulaw", 8000),
    Output("alaw", 8000),
    Output("opus"),
    Output("opus", 24000),
)
VOICES = {8000: ("tone", "tone-low"), 16000: ("tone", "tone-low")}
"""Where the high voice's tones would not fit, and so would not be heard."""

Pair = tuple[str, str]


class Words:
    """Pairs of words of which nobody else has any. One that was used comes again after all others have."""

    def __init__(self) -> None:
        self._free: deque[Pair] = deque(zip(WORDS[::2], WORDS[1::2], strict=True))
        self.fewest_between = len(self._free)

    @contextmanager
    def lent(self, num: int) -> Iterator[list[Pair]]:
        pairs = [self._free.popleft() for _ in range(num)]
        self.fewest_between = min(self.fewest_between, len(self._free))
        try:
            yield pairs
        finally:
            self._free.extend(pairs)


@dataclass
class Part:
    """One utterance of a session, and what is heard of it. One that is to be cancelled is, after some audio."""

    context: str
    words: Pair
    voice: str
    output: Output
    text: str
    cancel_after: int | None
    max_lead_s: float
    pieces: list[str] = field(default_factory=list)
    num_audio: int = 0

    @classmethod
    def planned(cls, context: str, words: Pair, random: Random) -> Part:
        output = random.choice(OUTPUTS)
        voice = random.choice(VOICES.get(output.sample_rate, ("tone", "tone-low", "tone-high")))
        cancelled = random.random() < 0.25
        text = " ".join(random.choice(words) for _ in range(40 if cancelled else random.randint(1, 6)))
        lead_s = 0.3 if cancelled else random.choice((0.0, 0.0, 0.3))
        part = cls(context, words, voice, output, text, random.randint(1, 6) if cancelled else None, lead_s)
        cut = random.randrange(len(text))
        part.pieces = [piece for piece in (text[:cut], text[cut:]) if piece]
        return part

    @property
    def options(self) -> dict[str, Any]:
        rate, lead = self.output.sample_rate, self.max_lead_s
        return {"voice": self.voice, "format": self.output.format, "sample_rate": rate, "max_lead_s": lead}

    def fault(self, heard: Heard) -> str | None:
        """Return what is wrong with what was heard of it."""
        own = Heard(message for message in heard if message.context == self.context)
        messages = [message.data for message in own.of("audio") if message.data]
        pre_skip = own.of("started")[0]["pre_skip"] if own.of("started") else 0
        words = hear(listened(messages, self.output, pre_skip), self.output.sample_rate, WORDS, self.voice)
        said, end = self.text.split(), own[-1]
        if end.type == "done":
            return None if words == said else f"heard {words}"
        if end.type != "cancelled":
            return f"after its end came {end.type}" if own.of("done", "cancelled") else f"ended with {end.type}"
        whole = words[:-1]  # the last one may be cut so short that its pitch cannot be told
        if end["text_spoken"] + end["text_remaining"] != self.text:
            return f"{end['text_spoken']!r} and {end['text_remaining']!r} are not the text"
        return None if whole == said[: len(whole)] else f"heard {words} before it was cancelled"


@dataclass
class Conversation:
    """One session: some utterances at the same time, one of them cancelled now and then."""

    parts: dict[str, Part]
    heard: Heard = field(default_factory=Heard)
    code: int | None = None

    @classmethod
    def planned(cls, pairs: list[Pair], random: Random) -> Conversation:
        parts = (Part.planned(f"context {at}", pair, random) for at, pair in enumerate(pairs))
        return cls({part.context: part for part in parts})

    async def hold(self, server: Server, random: Random) -> None:
        """Write all, by pieces in any order, hear all, and close. Raises InvalidStatus where the server is full."""
        audio = random.choice(AUDIO)
        async with socket_of(server, audio) as socket:
            waiting = list(self.parts.values())
            while waiting:
                part = random.choice(waiting)
                await self._write(socket, part)
                waiting = [each for each in waiting if each.pieces]
            open_ = set(self.parts)
            while open_:
                await self._hear(socket, open_)
            await socket.say({"close": True})
            rest, self.code = await socket.rest()
            self.heard.extend(rest)

    async def _write(self, socket: Socket, part: Part) -> None:
        first = part.options if len(part.pieces) == 2 or part.pieces == [part.text] else {}
        piece = part.pieces.pop(0)
        end = {} if part.pieces else {"end": True}
        await socket.say({"text": piece, "context_id": part.context, **first, **end})

    async def _hear(self, socket: Socket, open_: set[str]) -> None:
        message = await socket.hear()
        self.heard.append(message)
        if message.type in ("done", "cancelled", "error"):
            open_.discard(str(message.context))
        if message.type == "audio":
            part = self.parts[str(message.context)]
            part.num_audio += 1
            if part.num_audio == part.cancel_after:
                await socket.say({"cancel": True, "context_id": part.context})

    @property
    def faults(self) -> list[str]:
        """What was not as it should be: another's sound, or a sound after the end."""
        found = [f"{part}: {fault}" for part in self.parts.values() if (fault := part.fault(self.heard))]
        found += [f"{message.body}" for message in self.heard.of("error", "warning")]
        return found if self.code == 1000 else [*found, f"closed with {self.code}"]
