"""Hundreds of utterances at once, each with words of its own: nobody ever hears a word of anybody else's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Any

from websockets.exceptions import ConnectionClosed

from tests.voice_server.serving import Server, Socket, idle, socket_of
from tests.voice_server.talk import WORDS, Heard

NUM_SOCKETS = 20
NUM_EACH = 10
AUDIO = ("tagged", "base64", "binary", "tagged")


@dataclass
class Plan:
    """One utterance: only it says these two words. One that is to be cancelled is, after so many audio messages."""

    context: str
    words: tuple[str, str]
    text: str
    cancel_after: int | None
    options: dict[str, Any]
    sent: str = ""
    num_audio: int = 0

    @property
    def written(self) -> bool:
        """Whether nothing more is to be sent of it: all is, or it is cancelled."""
        cancelled = self.cancel_after is not None and self.num_audio >= self.cancel_after
        return cancelled or self.sent == self.text


@dataclass
class Conversation:
    """What one client of many does, and what it hears."""

    plans: dict[str, Plan]
    random: Random
    heard: Heard = field(default_factory=Heard)
    code: int | None = None

    async def hold(self, socket: Socket) -> None:
        """Write all texts at once, by pieces in any order, cancel here and there, and read until all is over."""
        reading = asyncio.create_task(self._read(socket))
        while waiting := [plan for plan in self.plans.values() if not plan.written]:
            await self._write(socket, self.random.choice(waiting))
            await asyncio.sleep(0)
        await socket.say({"close": True})
        await reading

    async def _write(self, socket: Socket, plan: Plan) -> None:
        options = {} if plan.sent else plan.options
        piece = plan.text[len(plan.sent) :][: self.random.randint(1, 60)]
        plan.sent += piece
        end = {"end": True} if plan.sent == plan.text else {}
        await socket.say({"text": piece, "context_id": plan.context, **options, **end})

    async def _read(self, socket: Socket) -> None:
        try:
            while True:
                message = await socket.hear()
                self.heard.append(message)
                if message.type == "audio":
                    await self._cancel_in_time(socket, self.plans[str(message.context)])
        except ConnectionClosed:
            self.code = socket.connection.close_code

    async def _cancel_in_time(self, socket: Socket, plan: Plan) -> None:
        plan.num_audio += 1
        if plan.num_audio == plan.cancel_after:
            await socket.say({"cancel": True, "context_id": plan.context})


def planned(place: int, random: Random) -> Plan:
    words = (WORDS[2 * place], WORDS[2 * place + 1])
    cancelled = random.random() < 0.3
    num_words = 60 if cancelled else random.randint(2, 10)
    text = " ".join(random.choice(words) for _ in range(num_words))
    options: dict[str, Any] = {"max_lead_s": 0.3 if cancelled else random.choice([0, 0.3, 10])}
    return Plan(f"context {place}", words, text, random.randint(1, 20) if cancelled else None, options)


def check(plan: Plan, heard: Heard) -> None:
    own = Heard(message for message in heard if message.context == plan.context)
    words = own.words(plan.context, " ".join(WORDS))
    if own[-1].type == "done":
        assert words == plan.text.split()
        assert own[-1]["audio_ms"] == round(len(own.data(plan.context)) / 96, 3)
        assert own.tokens(plan.context) == words
    else:
        cancelled = own.one("cancelled")
        assert own[-1] is cancelled
        assert cancelled["text_spoken"] + cancelled["text_remaining"] == plan.sent
        whole = words[:-1]  # the last one may be cut so short that its pitch cannot be told
        assert whole == plan.text.split()[: len(whole)]


async def test_hundreds_of_utterances_with_cancels_never_hear_each_other(server: Server) -> None:
    random = Random(20)

    async def converse(place: int) -> Conversation:
        plans = [planned(place * NUM_EACH + each, random) for each in range(NUM_EACH)]
        conversation = Conversation({plan.context: plan for plan in plans}, Random(place))
        async with socket_of(server, AUDIO[place % len(AUDIO)]) as socket:
            await conversation.hold(socket)
        return conversation

    before = server.metrics()
    conversations = await asyncio.gather(*(converse(place) for place in range(NUM_SOCKETS)))
    await idle(server)
    num_cancels = int(server.metrics()["tts_cancels_total"] - before["tts_cancels_total"])
    assert 30 <= num_cancels <= NUM_SOCKETS * NUM_EACH // 2
    ends = [message for conversation in conversations for message in conversation.heard.of("done", "cancelled")]
    assert len(ends) == NUM_SOCKETS * NUM_EACH
    assert len([end for end in ends if end.type == "cancelled"]) == num_cancels
    for conversation in conversations:
        assert conversation.code == 1000
        assert not conversation.heard.of("error", "warning")
        for plan in conversation.plans.values():
            check(plan, conversation.heard)
