"""EngineProcess: the Loop seam over an engine in a process of its own, which is started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from engine.commands import Abort, Close, Command, Flush, Open, Position, Submit
from engine.learning import NotAnswered, enrolment, forgetting, refusal
from engine.link import Link, Progress
from engine.types import Deliver, Delivery, EngineInfo, Failed, Output, Segment, SegmentId, UtteranceId, Voice, new_id
from engine.wire import command_to_plain, delivery_from_plain, info_from_plain

ENTRY_POINTS = "voice_server.engines"

FIRST_BACKOFF_S = 0.1
LONGEST_BACKOFF_S = 5.0

PATIENCE = 3
"""Failed starts in a row after which those who wait for the engine are told."""

_EXIT_S = 2.0
"""Seconds a child may take to end by itself."""

_log = logging.getLogger("engine")


class EngineError(Exception):
    """The engine cannot be started; says which, and why."""


@dataclass(slots=True)
class _Entry:
    """An open utterance as the parent knows it.

    `live` are the segments submitted and not ended, `asked` the flushes and the close not answered yet. While no
    child is there, `backlog` holds what the next one is to be told.
    """

    opened: Open
    deliver: Deliver
    live: list[SegmentId] = field(default_factory=list)
    asked: list[Flush | Close] = field(default_factory=list)
    backlog: list[Command] = field(default_factory=list)
    sounded: bool = False
    starts_at: float = 0.0


class EngineProcess:
    """A supervised engine. `engine` names an entry point, `options` are its keyword arguments: plain values only.

    Calls never wait; deliveries come in the event loop in which `start` was awaited. When the child dies or hangs
    it is replaced at once; see `Loop` for what utterances are told. `num_restarts` counts that, `num_late` the
    deliveries for utterances that were gone.
    """

    def __init__(
        self,
        engine: str = "espeak",
        options: Mapping[str, Any] | None = None,
        start_limit_s: float = 60.0,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self.num_restarts = 0
        self.num_late = 0
        self._name = engine
        self._options = dict(options or {})
        self._start_limit_s = start_limit_s
        self._progress = progress
        self._entries: dict[UtteranceId, _Entry] = {}
        self._link: Link | None = None
        self._info: EngineInfo | None = None
        self._supervision: asyncio.Task[None] | None = None
        self._asks: dict[int, asyncio.Future[None]] = {}

    @property
    def info(self) -> EngineInfo:
        """What the engine is; known once it has been started."""
        if self._info is None:
            raise EngineError(f"the engine {self._name!r} has not been started")
        return self._info

    @property
    def ready(self) -> bool:
        """Whether a child is there, warm."""
        return self._link is not None

    @property
    def load(self) -> float:
        """The share of its time, lately, that the engine worked on what listeners wait for; 0 while none is there."""
        return self._link.load if self._link else 0.0

    @property
    def queued_s(self) -> float:
        """How much longer than a step someone new waits for the engine, as it was with the last one."""
        return self._link.queued_s if self._link else 0.0

    @property
    def counts(self) -> Mapping[str, float]:
        """What the engine has counted since its start, by name; nothing of one that counts nothing."""
        return self._link.counts if self._link else {}

    @property
    def pid(self) -> int | None:
        """The process id of the child, if one is there."""
        return self._link.pid if self._link else None

    async def start(self) -> None:
        """Start the engine and wait until it is warm. An EngineError says why it does not come up."""
        self._take_up(await self._start_child())
        self._supervision = asyncio.create_task(self._supervise(), name="engine supervision")

    async def stop(self) -> None:
        """End the child and wait until it is gone. Utterances are forgotten without a word."""
        self._entries.clear()
        if self._supervision:
            self._supervision.cancel()
            await asyncio.wait([self._supervision])
        link, self._link = self._link, None
        self._leave_unanswered("the engine has been stopped")
        if link:
            await link.reap(_EXIT_S)

    def open(self, utterance: UtteranceId, output: Output, max_lead_s: float, deliver: Deliver) -> None:
        """Make room for an utterance."""
        entry = self._entries[utterance] = _Entry(Open(utterance, output, max_lead_s), deliver)
        self._tell(entry, entry.opened)

    def submit(self, segment: Segment) -> None:
        """Speak a segment."""
        if entry := self._entries.get(segment.utterance):
            entry.live.append(segment.id)
            self._tell(entry, Submit(segment))

    def flush(self, utterance: UtteranceId, flush_id: int) -> None:
        """Let out what is held back, then deliver `flushed`."""
        self._ask(utterance, Flush(utterance, flush_id))

    def position(self, utterance: UtteranceId, played_s: float) -> None:
        """Correct the listener's clock."""
        if entry := self._entries.get(utterance):
            entry.starts_at = time.monotonic() - played_s
            if self._link:
                self._link.send(command_to_plain(Position(utterance, played_s)))

    def abort(self, utterance: UtteranceId) -> None:
        """Stop and forget an utterance."""
        if self._entries.pop(utterance, None) and self._link:
            self._link.send(command_to_plain(Abort(utterance)))

    def close(self, utterance: UtteranceId) -> None:
        """Deliver what is left, then `closed`."""
        self._ask(utterance, Close(utterance))

    async def enroll(self, voice: Voice, pcm: bytes) -> None:
        """Have the engine learn a voice from a clip (float32, little-endian, 16 kHz); then `info` has it.

        Raises VoiceRefused, and NotAnswered where no engine is there to do so.
        """
        ask = new_id()
        await self._learn(ask, enrolment(ask, voice, pcm))

    async def forget(self, voice_id: str) -> None:
        """Have the engine part with a voice that it has learnt. Raises as `enroll` does."""
        ask = new_id()
        await self._learn(ask, forgetting(ask, voice_id))

    async def _learn(self, ask: int, asked: tuple[Any, ...]) -> None:
        if self._link is None:
            raise NotAnswered("the engine is not ready: ask again in a moment")
        answered = self._asks[ask] = asyncio.get_running_loop().create_future()
        self._link.send(asked)
        try:
            await answered
        finally:
            del self._asks[ask]

    def _learnt(self, told: tuple[Any, ...]) -> None:
        """Take in what came of a voice, and which voices there are now."""
        _, ask, problem, info = told
        self._info = info_from_plain(*info)
        answered = self._asks.get(ask)
        if answered is None or answered.done():
            return  # whoever asked has left
        if problem:
            answered.set_exception(refusal(problem))
        else:
            answered.set_result(None)

    def _ask(self, utterance: UtteranceId, command: Flush | Close) -> None:
        if entry := self._entries.get(utterance):
            entry.asked.append(command)
            self._tell(entry, command)

    def _tell(self, entry: _Entry, command: Command) -> None:
        if self._link:
            self._link.send(command_to_plain(command))
        else:
            entry.backlog.append(command)

    async def _start_child(self) -> Link:
        try:
            target = _target(self._name)
            link = Link(self._receive, self._learnt, self._progress)
        except OSError as error:  # no files or processes left
            raise EngineError(f"the engine {self._name!r} cannot be started: {error}") from None
        link.configure(target, self._options)
        news: list[asyncio.Future[Any]] = [link.info, link.gone]
        try:
            await self._wait_for_news(link, news)
        except asyncio.CancelledError:
            await link.reap(0.0)
            raise
        if link.info.done() and not link.gone.done():
            return link
        slow = "" if link.gone.done() else f"not ready after {self._start_limit_s:g} s, "
        how = await link.reap(0.0 if slow else _EXIT_S)
        raise EngineError(f"the engine {self._name!r} did not start: {slow}{how}")

    async def _wait_for_news(self, link: Link, news: list[asyncio.Future[Any]]) -> None:
        """Wait until a child is ready or gone, or has not got on for too long."""
        clock = asyncio.get_running_loop().time
        began_at = clock()
        while (left_s := max(began_at, link.news_at) + self._start_limit_s - clock()) > 0.0:
            done, _ = await asyncio.wait(news, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if done:
                return

    async def _supervise(self) -> None:
        while link := self._link:
            reason = await asyncio.shield(link.gone)
            self._link = None
            self._bury(f"the engine died ({reason})")
            how = await link.reap(_EXIT_S)
            _log.error("engine process %d is gone: %s, %s", link.pid, reason, how)
            self._take_up(await self._start_again())
            self.num_restarts += 1
            _log.warning("engine process %s has taken its place", self.pid)

    async def _start_again(self) -> Link:
        """Try until it works, at growing intervals."""
        backoff_s = FIRST_BACKOFF_S
        num_failures = 0
        while True:
            try:
                return await self._start_child()
            except EngineError as error:
                _log.error("%s", error)
                num_failures += 1
                if num_failures >= PATIENCE:
                    self._give_up(list(self._entries), str(error))
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)

    def _take_up(self, link: Link) -> None:
        """Begin to use a child: tell it what it missed."""
        self._link = link
        self._info = link.info.result()
        for entry in self._entries.values():
            for command in entry.backlog:
                link.send(command_to_plain(command))
            entry.backlog.clear()
            played_s = time.monotonic() - entry.starts_at
            if entry.starts_at and played_s < 0:
                link.send(command_to_plain(Position(entry.opened.utterance, played_s)))

    def _bury(self, message: str) -> None:
        """Part the utterances that have lost something from those that can be opened again."""
        lost = [utterance for utterance, entry in self._entries.items() if entry.live or entry.sounded]
        for entry in self._entries.values():
            entry.backlog = [entry.opened, *entry.asked]
        self._give_up(lost, message)
        self._leave_unanswered(message)

    def _leave_unanswered(self, message: str) -> None:
        for answered in self._asks.values():
            if not answered.done():
                answered.set_exception(NotAnswered(message))

    def _give_up(self, utterances: list[UtteranceId], message: str) -> None:
        for utterance in utterances:
            if entry := self._entries.pop(utterance, None):
                segment_id = entry.live[0] if entry.live else 0
                self._call(entry, Delivery(utterance, failed=Failed(segment_id, message)))

    def _receive(self, made: list[tuple[Any, ...]]) -> None:
        for plain in made:
            entry = self._entries.get(plain[0])
            if entry is None:
                self.num_late += 1
                continue
            delivery = delivery_from_plain(plain)
            if delivery.num_samples:
                entry.sounded = True
            if delivery.ended is not None:
                entry.live.remove(delivery.ended)
            if delivery.flushed is not None:
                entry.asked.pop(0)
            if delivery.closed or delivery.failed:
                del self._entries[delivery.utterance]
            self._call(entry, delivery)

    def _call(self, entry: _Entry, delivery: Delivery) -> None:
        """Deliver. Whatever goes wrong there is that utterance's end, and nobody else's."""
        try:
            entry.deliver(delivery)
        except Exception:
            _log.exception("utterance %d could not take its delivery", delivery.utterance)
            self.abort(delivery.utterance)


def _target(name: str) -> str:
    """Return where an engine is to be found, as module:attribute."""
    known = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    if name not in known:
        raise EngineError(f"there is no engine {name!r}; installed are {', '.join(sorted(known)) or 'none'}")
    return known[name]
