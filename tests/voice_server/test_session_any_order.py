"""Whatever a client does in whatever order: every utterance has one life and one end, and its own sound."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.tone import hear
from tests.voice_server.talk import WORDS, Heard, Message, Talk
from voice_server.messages import Audio, Options

CONTEXTS = st.sampled_from(["a", "b", "c"])
SEPARATORS = st.sampled_from([" ", " , ", " . ", " 😀 ", "\n\n"])
OVER = ("done", "cancelled", "error")


@dataclass
class Expected:
    """An utterance as its client knows it."""

    context: str = ""
    text: str = ""
    words: list[str] = field(default_factory=list)
    ended: bool = False
    started: bool = False
    over: str = ""
    heard: list[Message] = field(default_factory=list)


class Client(RuleBasedStateMachine):
    """Knows from what it said and heard which answers must come, and holds the session to them."""

    @initialize(audio=st.sampled_from(["binary", "tagged"]), max_lead_s=st.sampled_from([0.0, 0.3, 10.0]))
    def connect(self, audio: Audio, max_lead_s: float) -> None:
        self.talk = Talk(audio=audio, options=Options(max_lead_s=max_lead_s))
        self.live: dict[str, Expected] = {}
        self.all: list[Expected] = []
        self.dead: set[str] = set()
        self.failing: set[str] = set()
        self.sounding: str | None = None
        self.num_words = 0
        assert self.talk.hear(0.0).types == ["ready"]

    def words(self, num_words: int) -> list[str]:
        """Return words that nobody has said so far."""
        self.num_words += num_words
        return WORDS[self.num_words - num_words : self.num_words]

    def append(self, utterance: Expected, words: list[str], separator: str) -> str:
        text = separator.join(words) + separator
        utterance.words += words
        utterance.text += text
        return text

    @rule(context=CONTEXTS, num_words=st.integers(1, 8), separator=SEPARATORS, end=st.booleans(), flush=st.booleans())
    def text(self, context: str, num_words: int, separator: str, end: bool, flush: bool) -> None:
        message = {"context_id": context, "end": end, "flush": flush}
        utterance = self.live.get(context)
        if context in self.dead:
            self.talk.say(message | {"text": "swallowed "})
        elif utterance is not None and utterance.ended:
            self.failing.add(context)
            self.talk.say(message | {"text": "too late "})
            self.dead |= {context}
        else:
            if utterance is None:
                utterance = self.live[context] = Expected()
                self.all.append(utterance)
            self.talk.say(message | {"text": self.append(utterance, self.words(num_words), separator)})
            utterance.ended = end
        if end:
            self.dead -= {context}
        self.listen(0.0)

    @rule(num_words=st.integers(1, 3))
    def line(self, num_words: int) -> None:
        utterance = Expected(ended=True)
        self.all.append(utterance)
        self.talk.say(self.append(utterance, self.words(num_words), " "))
        self.listen(0.0)

    @rule(context=CONTEXTS, what=st.sampled_from(["end", "flush"]))
    def finish(self, context: str, what: str) -> None:
        if what == "end":
            self.dead -= {context}
            if context in self.live:
                self.live[context].ended = True
        self.talk.say({what: True, "context_id": context})
        self.listen(0.0)

    @rule(context=CONTEXTS, played_ms=st.none() | st.floats(0, 2000))
    def cancel(self, context: str, played_ms: float | None) -> None:
        target = self.live.get(context)
        self.dead -= {context}
        self.talk.say({"cancel": True, "context_id": context, "played_ms": played_ms})
        self.listen(0.0)
        assert target is None or target.over == "cancelled"

    @rule()
    def cancel_all(self) -> None:
        targets = [utterance for utterance in self.all if not utterance.over]
        self.dead.clear()
        self.talk.say({"cancel": True})
        self.listen(0.0)
        assert all(target.over == "cancelled" for target in targets)

    @rule(context=CONTEXTS)
    def blunder(self, context: str) -> None:
        self.failing.add(context)
        self.dead |= {context}
        self.talk.say({"text": 5, "context_id": context})
        self.listen(0.0)
        assert context not in self.live

    @rule(context=CONTEXTS | st.none(), played_ms=st.floats(0, 3000))
    def report(self, context: str | None, played_ms: float) -> None:
        self.talk.say({"playback": {"played_ms": played_ms}, "context_id": context})

    @rule(for_s=st.sampled_from([0.0, 0.02, 0.1, 0.45, 3.0]))
    def listen(self, for_s: float) -> None:
        for message in self.talk.hear(for_s):
            self.take(message)
        assert not self.failing

    def take(self, message: Message) -> None:
        context = message.context
        assert context is not None
        utterance = self.cancelled(message) if message.type == "cancelled" else self.find(message, context)
        if utterance is None:
            return
        assert not utterance.over
        if message.type in OVER:
            utterance.over = message.type
            self.live = {name: other for name, other in self.live.items() if other is not utterance}
            self.sounding = None if self.sounding == context else self.sounding
        else:
            assert utterance.started
            assert self.talk.audio == "tagged" or self.sounding == context
            utterance.heard.append(message)

    def find(self, message: Message, context: str) -> Expected | None:
        if message.type == "error":
            self.failing.remove(context)
            return self.live.get(context)
        if context not in self.live:  # a line: the server has named it
            assert message.type == "started"
            self.live[context] = next(
                line for line in self.all if line.ended and not line.over and line not in self.live.values()
            )
        utterance = self.live[context]
        if message.type == "started":
            assert not utterance.started
            assert self.talk.audio == "tagged" or self.sounding is None
            self.sounding, utterance.started, utterance.context = context, True, context
        return utterance

    def cancelled(self, message: Message) -> Expected | None:
        """Return whom this is the end of; None if that was done before, and is only silenced."""
        text = message["text_spoken"] + message["text_remaining"]
        (utterance,) = [utterance for utterance in self.all if utterance.text == text]
        if utterance.over == "done":
            utterance.over = "silenced"
            return None
        return utterance

    def teardown(self) -> None:
        self.talk.say({"close": True})
        *messages, last = self.talk.hear()
        for message in messages:
            self.take(message)
        assert (last.type, last["code"]) == ("closed", 1000)
        for utterance in self.all:
            assert utterance.over
            self.check_sound(utterance)

    def check_sound(self, utterance: Expected) -> None:
        heard = Heard(utterance.heard)
        tokens = heard.tokens(utterance.context)
        assert tokens == utterance.words[: len(tokens)]
        complete = utterance.over in ("done", "silenced")
        spoken = hear(heard.pcm(utterance.context), 48000, utterance.words)
        if complete:
            assert tokens == spoken == utterance.words
        else:
            assert spoken[:-1] == utterance.words[: len(spoken)][:-1]  # the last may be cut


Client.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestAnyOrder = Client.TestCase
