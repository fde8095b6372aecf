"""Where a measurement takes place: which server, for how long, and what is told while it lasts."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol
from urllib.parse import urlsplit, urlunsplit

from voice_server.bench.drive import drive
from voice_server.bench.log import Run, Usage
from voice_server.bench.machine import Sampling, Watched, watch
from voice_server.bench.plan import Call, Plan
from voice_server.bench.prometheus import Buckets, buckets_of, lag_ms
from voice_server.bench.result import Result
from voice_server.bench.texts import SENTENCES
from voice_server.bench.vendors import ADDRESSES
from voice_server.client import STREAM_PATH, stream_url
from voice_server.private import private_server, running

MAX_SESSIONS = 4096

CALIBRATION_GAP_S = 0.05

CALIBRATION_LIMIT_S = 30.0
"""Seconds in which every sentence must have been spoken: a server that takes longer is too slow to be measured."""

BAR = 24


Scenario = Callable[["Wishes"], Result]


class Unmeasured(Exception):
    """A scenario cannot be measured here; says why."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the one who measures has asked for. What is None or empty is as each scenario has it.

    `engine` is what `serve` is told for an engine in place of a scenario's own: `--engine`, its name, its options.
    """

    url: str | None = None
    engine: tuple[str, ...] = ()
    api_key: str | None = None
    quick: bool = False
    seed: int = 1
    generators: int = 1
    listeners: int | None = None
    duration_s: float | None = None
    tokens_per_s: float | None = None

    def lasting(self, standard_s: float) -> float:
        """Return how long to measure what usually is measured for so long."""
        return self.duration_s or (standard_s / 4 if self.quick else standard_s)

    def started_with(self, engine: str) -> tuple[str, ...]:
        """Return what `serve` is told for an engine, in a scenario that has this one."""
        return self.engine or ("--engine", engine)

    @property
    def random(self) -> Random:
        """Chance, the same for the same seed."""
        return Random(self.seed)


@dataclass(slots=True)
class Load:
    """A plan for a Server: calls, options of the socket's address, and from when on is counted."""

    calls: Sequence[Call]
    until_s: float
    counted_from_s: float = 0.0
    options: Mapping[str, object] = field(default_factory=dict)
    num_sockets: int = 1
    hold: Literal["played", "over", "once"] = "over"
    patience_s: float = 10.0
    slow: bool = False
    memory: bool = False

    @property
    def counted(self) -> tuple[float, float]:
        """The part of the run that counts."""
        return self.counted_from_s, self.until_s


@dataclass(slots=True)
class Server:
    """A server under load, its process if it is one of this machine, and how long each sentence sounds there."""

    url: str
    watched: Watched | None
    wishes: Wishes
    scenario: str
    lengths: dict[str, float] = field(default_factory=dict)

    def run(self, load: Load, probe: Probe | None = None) -> Run:
        """Put a load on it. Raises GeneratorFailed."""
        plan = Plan(
            stream_url(self.url, {"audio": "binary", **load.options}),
            tuple(load.calls),
            load.until_s,
            load.patience_s,
            load.num_sockets,
            load.hold,
            load.slow,
            self.wishes.api_key,
            self._addresses,
        )
        bar = Bar(self.scenario)

        def progress(share: float) -> None:
            bar.draw(share)
            if probe is not None:
                probe.look(share * load.until_s)

        try:
            return drive(plan, Sampling(self.watched, memory=load.memory), self.wishes.generators, progress)
        finally:
            bar.clear()

    @property
    def _addresses(self) -> Mapping[str, str]:
        """Where dialects are spoken that are not ours."""
        root = stream_url(self.url, {}).removesuffix(STREAM_PATH)
        return {dialect: root + address for dialect, address in ADDRESSES.items()}

    def calibrate(self) -> None:
        """Have every sentence spoken once: warms the server up, and tells how long each of them is."""
        calls = [Call(number * CALIBRATION_GAP_S, (text,)) for number, text in enumerate(SENTENCES)]
        run = self.run(Load(calls, calls[-1].at_s, num_sockets=8, patience_s=CALIBRATION_LIMIT_S))
        for text, log in zip(SENTENCES, run.log.calls, strict=True):
            if log.done is None:
                why = log.error or f"{text!r:.40} is not over after {CALIBRATION_LIMIT_S:g} s"
                raise Unmeasured(f"the server does not speak: {why}")
            self.lengths[text] = log.done["audio_ms"] / 1000

    @property
    def chars_per_s(self) -> float:
        """How many characters it speaks per second."""
        return sum(map(len, self.lengths)) / sum(self.lengths.values())

    def usage(self) -> Usage | None:
        """Return what its processes have used so far, memory included."""
        return self.watched.usage(memory=True) if self.watched else None

    @property
    def engine(self) -> int:
        """The process of its engine, as it is now. Raises Unmeasured where that cannot be seen."""
        self.watched = _process_at(self.url)
        below = self.watched.engines if self.watched else ()
        if len(below) != 1:
            raise Unmeasured("the engine's process cannot be seen")
        return below[0]

    def buckets(self) -> Buckets:
        """Read how late its event loop woke so far."""
        return buckets_of(self.metrics())

    def metrics(self) -> str:
        """Read its /metrics; empty where it does not tell."""
        return self._get("/metrics")

    @property
    def engine_name(self) -> str:
        """What its engine is called; empty where it does not tell."""
        told = self._get("/v1/stats")
        return str(json.loads(told)["engine"]) if told else ""

    def _get(self, path: str) -> str:
        parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        headers = {"Authorization": f"Bearer {self.wishes.api_key}"} if self.wishes.api_key else {}
        request = urllib.request.Request(urlunsplit((scheme, parts.netloc, path, "", "")), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5.0) as response:
                return str(response.read().decode("utf-8"))
        except OSError:
            return ""


class Probe(Protocol):
    """Does something while a run lasts."""

    def look(self, now_s: float) -> None:
        """To be called several times a second, with the seconds into the run."""


@dataclass(slots=True)
class LagProbe:
    """Reads a server's loop lag when the counted part of a run begins, and shortly before it ends."""

    server: Server
    start_s: float
    end_s: float
    _before: Buckets | None = None
    _after: Buckets | None = None

    def look(self, now_s: float) -> None:
        """To be called while the run lasts."""
        if self._before is None and now_s >= self.start_s:
            self._before = self.server.buckets()
        elif self._after is None and now_s >= self.end_s - 1.0:
            self._after = self.server.buckets()

    @property
    def p99_ms(self) -> float | None:
        """The lag that 99 % did not exceed; None if the server does not tell."""
        return lag_ms(self._before, self._after) if self._before and self._after else None


@contextmanager
def serving(wishes: Wishes, engine: str, scenario: str) -> Iterator[Server]:
    """Give the server that was named, else a fresh one with this engine, warm. Raises NotServing, Unmeasured."""
    own = private_server([*wishes.started_with(engine), "--max-sessions", str(MAX_SESSIONS)])
    with nullcontext(wishes.url) if wishes.url is not None else own as url:
        server = Server(url, _process_at(url), wishes, scenario)
        server.calibrate()
        yield server


@contextmanager
def floor(wishes: Wishes, scenario: str) -> Iterator[Server]:
    """Run the app with one ticker that servers are compared with."""
    with running("voice_server.bench.floor") as url:
        yield Server(url, _process_at(url), wishes, f"{scenario}: floor")


def _process_at(url: str) -> Watched | None:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return None
    return watch(parts.port or 80)


class Bar:
    """A line on stderr that fills up, where somebody watches."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._watched = sys.stderr.isatty()
        self._began_at = time.monotonic()

    def draw(self, share: float) -> None:
        """Show which share is over."""
        if self._watched:
            filled = "#" * round(share * BAR)
            took_s = time.monotonic() - self._began_at
            print(f"\r[{filled:.<{BAR}}] {took_s:4.0f} s  {self._title}\033[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
