"""What a load is to be: who comes when, with what text. Made before the first byte is sent, from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from voice_server.bench.texts import tokens

Span = tuple[float, float]
"""From, to: seconds of a run."""


@dataclass(frozen=True, slots=True)
class Call:
    """One utterance: its first piece of text is there `at_s` seconds into the run, and that is when its clock starts.

    Further pieces come `pieces_per_s` a second, all of them at once where that is 0. `ends` says whether the text
    is ended. It is cancelled `cancel_s` after `at_s`, if that is given. It is spoken in `dialect`.
    """

    at_s: float
    pieces: tuple[str, ...]
    pieces_per_s: float = 0.0
    ends: bool = True
    cancel_s: float | None = None
    dialect: str = "native"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the load generator is to do against the server whose socket is at `url`; `others` are at their dialect's.

    `num_sockets` of each dialect are opened before the run begins, more when a call finds none free. One is free when
    its utterance is over, and with `hold` "played", when its listener has heard it; with "once" it is closed then,
    so that every call opens a socket of its own. What is not over at `until_s` gets `patience_s` more; then every
    socket is closed. A `slow` client reads no faster than the audio plays.
    """

    url: str
    calls: tuple[Call, ...]
    until_s: float
    patience_s: float = 10.0
    num_sockets: int = 1
    hold: Literal["played", "over", "once"] = "over"
    slow: bool = False
    api_key: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)

    def address(self, dialect: str) -> str:
        """Return where a dialect is spoken."""
        return self.others.get(dialect, self.url)

    @property
    def dialects(self) -> list[str]:
        """Those that are spoken, each once."""
        return list(dict.fromkeys(call.dialect for call in self.calls))


def split(plan: Plan, parts: int) -> list[Plan]:
    """Deal a plan out to several generators."""
    shares = [plan.num_sockets // parts + (part < plan.num_sockets % parts) for part in range(parts)]
    return [replace(plan, calls=plan.calls[part::parts], num_sockets=shares[part]) for part in range(parts)]


def poisson(rate: float, until_s: float, random: Random) -> list[float]:
    """Return the times of a Poisson process with `rate` arrivals per second, from 0 to `until_s`."""
    times: list[float] = []
    at_s = random.expovariate(rate)
    while at_s < until_s:
        times.append(at_s)
        at_s += random.expovariate(rate)
    return times


def arriving(num_listeners: float, until_s: float, lengths: Mapping[str, float], random: Random) -> list[Call]:
    """Return Poisson arrivals so frequent that about `num_listeners` listen at a time.

    `lengths` are the texts and how many seconds each of them sounds; each is as likely as the others.
    """
    mean_s = sum(lengths.values()) / len(lengths)
    texts = list(lengths)
    return [Call(at_s, (random.choice(texts),)) for at_s in poisson(num_listeners / mean_s, until_s, random)]


def steady(num_listeners: int, until_s: float, lengths: Mapping[str, float], random: Random) -> list[Call]:
    """Return the calls of `num_listeners` that each hear one text after another, from random beginnings.

    The times are planned from the texts' lengths, not from what the server does: a slow one finds no mercy.
    """
    texts = list(lengths)
    calls: list[Call] = []
    for _ in range(num_listeners):
        text = random.choice(texts)
        at_s = random.random() * lengths[text]
        while at_s < until_s:
            calls.append(Call(at_s, (text,)))
            at_s += lengths[text]
            text = random.choice(texts)
    return sorted(calls, key=lambda call: call.at_s)


def bursts(size: int, starts: Sequence[float], texts: Sequence[str], random: Random) -> list[Call]:
    """Return bursts of `size` calls that come in the same instant. Each takes the texts in an order of its own."""
    calls: list[Call] = []
    for at_s in starts:
        order: list[str] = []
        while len(order) < size:
            order += random.sample(texts, len(texts))
        calls += [Call(at_s, (text,)) for text in order[:size]]
    return calls


def fed(calls: Sequence[Call], tokens_per_s: float) -> list[Call]:
    """Return the same calls with their texts fed by the token."""
    return [replace(call, pieces=tokens("".join(call.pieces)), pieces_per_s=tokens_per_s) for call in calls]


def spoken(calls: Sequence[Call], dialect: str) -> list[Call]:
    """Return the same calls in another dialect."""
    return [replace(call, dialect=dialect) for call in calls]


def spread(texts: Sequence[str], over_s: float, random: Random) -> list[Call]:
    """Return one call per text, at random times of the first `over_s` seconds."""
    return sorted((Call(random.random() * over_s, (text,)) for text in texts), key=lambda call: call.at_s)
