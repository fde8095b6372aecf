"""The engine's loop: commands in, one batched step, deliveries out. Synchronous, no I/O, with an injected clock."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from engine.commands import Abort, Close, Command, Flush, Open, Position, Submit
from engine.listener import Listener
from engine.pace import Pace, Rate
from engine.scheduler import next_due_at, plan
from engine.track import Track
from engine.types import (
    Chunk,
    Deliver,
    Delivery,
    Engine,
    EngineInfo,
    EngineOutput,
    Failed,
    Output,
    Segment,
    SegmentId,
    Timing,
    UtteranceId,
)

Clock = Callable[[], float]

HEAD_S = 0.3
"""Seconds of an utterance's first chunk that are converted at once. The rest waits while others have no sound yet."""

SAFE_S = 2.0
"""What is made for a listener with more than this in hand could wait, as far as it is more than he plays meanwhile."""

HURRY_S = 0.05
"""A listener with less than this in hand is served before anyone new."""

MARGIN_S = 0.020
"""Seconds before a listener runs dry at which it gets what was held back, so that it comes in time."""


@dataclass(slots=True, eq=False)
class _Utterance:
    """What the loop knows of an utterance. While a segment is live it is that segment's Claim to the scheduler.

    `waiting` holds the segments, flushes and the close that wait for the live segment to end, `made` what the
    engine made and is not converted yet. `segment_id` is 0 when none is live.
    """

    id: UtteranceId
    sample_rate: int
    max_lead_s: float
    track: Track
    listener: Listener = field(default_factory=Listener)
    waiting: deque[Segment | Flush | Close] = field(default_factory=deque)
    made: deque[EngineOutput] = field(default_factory=deque)
    segment_id: SegmentId = 0
    submitted_at: float = math.inf
    first_step_at: float = math.inf
    first_chunk_at: float = math.inf
    timed: bool = False
    busy_s: float = 0.0
    made_at: float = -math.inf
    need: float = 1.0  # the share of what was made last that could not have waited

    def wanted(self, lead_s: float) -> float:
        """Return the share of the work for it that could not wait, while its listener has so much in hand."""
        return 1.0 if lead_s <= SAFE_S else self.need

    def has_made(self, audio_s: float, now: float) -> None:
        """Note that so much audio was made."""
        self.need = min((now - self.made_at) / audio_s, 1.0) if audio_s else self.need
        self.made_at = now

    def release_at(self, now: float) -> float:
        """Return when what is held back has to go, for the listener not to run dry."""
        return now + self.listener.lead_s(now) - MARGIN_S


class EngineLoop:
    """All utterances of one engine: who is due is asked of the scheduler, what is made goes through Tracks.

    `handle` takes commands at any time, `step` does one turn, `wait_s` tells when the next one is wanted. A segment
    is given to the engine when the one before it of the same utterance has ended. Commands for utterances that are
    not open are ignored. What the engine raises is raised by `step` or `handle`: such an engine is beyond repair.
    `wanted` is the share of the last step's work that listeners will have needed in real time, `queued_s` how long the
    one that was most urgent in it had waited, if it had made no sound yet.
    """

    def __init__(self, engine: Engine, clock: Clock = time.monotonic) -> None:
        self.wanted = 1.0
        self.queued_s = 0.0
        self._engine = engine
        self._clock = clock
        self._utterances: dict[UtteranceId, _Utterance] = {}
        self._live: dict[SegmentId, _Utterance] = {}
        self._stirred: dict[UtteranceId, _Utterance] = {}  # idle, with something waiting
        self._holding: dict[UtteranceId, _Utterance] = {}  # idle, with audio held back
        self._behind: dict[UtteranceId, _Utterance] = {}  # with something made that is not converted yet
        self._rates: dict[str, Rate] = {}  # by voice, as many as the engine has
        self._deliveries: list[Delivery] = []

    def handle(self, command: Command) -> None:
        """Take a command. It shows in the next step; only an Abort frees the engine at once."""
        match command:
            case Open(utterance, output, max_lead_s):
                track = Track(self._engine.info.sample_rate, output)
                self._utterances[utterance] = _Utterance(utterance, output.sample_rate, max_lead_s, track)
            case Submit(segment):
                self._put(segment.utterance, segment)
            case Flush(utterance) | Close(utterance):
                self._put(utterance, command)
            case Position(utterance, played_s):
                if known := self._utterances.get(utterance):
                    known.listener.report(self._clock(), played_s)
            case Abort(utterance):
                if known := self._utterances.get(utterance):
                    self._engine.abort(known.segment_id)
                    self._forget(known)

    def step(self) -> list[Delivery]:
        """Do one turn: a step of the engine, or more of what it made. Return what came out, in order per utterance."""
        stirred, self._stirred = self._stirred, {}
        for utterance in stirred.values():
            self._go_on(utterance)
        now = self._clock()
        self.wanted = 1.0
        due = plan(self._live.values(), now)
        self.queued_s = self._queued(due, now)
        if behind := self._most_behind(next(iter(due.values()), math.inf), now):
            self.wanted = behind.wanted(behind.listener.lead_s(now))
            self._convert(behind)
        elif due or self._engine.pending:
            self._work(due, now)
        self._release_dry()
        deliveries, self._deliveries = self._deliveries, []
        return deliveries

    def wait_s(self) -> float | None:
        """Return the seconds until `step` is wanted: 0 at once, None when only a command can bring work."""
        if self._stirred or self._behind or self._engine.pending:
            return 0.0
        now = self._clock()
        at = next_due_at(self._live.values(), now)
        for utterance in self._holding.values():
            at = min(at, utterance.release_at(now))
        return None if at == math.inf else max(at - now, 0.0)

    def _put(self, utterance_id: UtteranceId, item: Segment | Flush | Close) -> None:
        utterance = self._utterances.get(utterance_id)
        if utterance is None:
            return
        if isinstance(item, Segment) and utterance.submitted_at == math.inf:
            utterance.submitted_at = self._clock()
        utterance.waiting.append(item)
        if not utterance.segment_id:
            self._stirred[utterance_id] = utterance

    def _go_on(self, utterance: _Utterance, ended: SegmentId | None = None) -> None:
        """With no segment live: take what waits, up to and with the next segment, and deliver what came of it."""
        self._holding.pop(utterance.id, None)
        while utterance.waiting and not utterance.segment_id:
            item = utterance.waiting.popleft()
            if isinstance(item, Segment):
                self._begin(utterance, item)
                continue
            if isinstance(item, Close):
                utterance.track.finish()
                self._deliver(utterance, ended=ended, closed=True)
                self._forget(utterance)
                return
            utterance.track.release()
            self._deliver(utterance, ended=ended, flushed=item.flush_id)
            ended = None
        self._deliver(utterance, ended=ended)
        if utterance.track.holding and not utterance.segment_id:
            self._holding[utterance.id] = utterance

    def _begin(self, utterance: _Utterance, segment: Segment) -> None:
        utterance.segment_id = segment.id
        utterance.track.begin(segment.gap_ms, self._pace(segment))
        self._live[segment.id] = utterance
        self._engine.add(segment)

    def _pace(self, segment: Segment) -> Pace | None:
        """Return what reckons the words of a segment, where the engine does not tell them."""
        if self._engine.info.aligned:
            return None
        rate = self._rates.setdefault(segment.voice, Rate())
        return Pace(segment, rate, self._engine.info.sample_rate)

    def _work(self, due: Mapping[SegmentId, float], started_at: float) -> None:
        """Let the engine do a step, and share out its time and what it made."""
        if due:
            first = self._live[next(iter(due))]
            first.first_step_at = min(first.first_step_at, started_at)
        made: dict[_Utterance, list[EngineOutput]] = {}
        for output in self._engine.step(due):
            if owner := self._live.get(output.segment):
                made.setdefault(owner, []).append(output)
                if not isinstance(output, Chunk):
                    del self._live[output.segment]
        now = self._clock()
        workers: Collection[_Utterance] = made or [self._live[segment_id] for segment_id in due]
        for utterance, outputs in made.items():
            num_samples = sum(output.pcm.size for output in outputs if isinstance(output, Chunk))
            utterance.has_made(num_samples / self._engine.info.sample_rate, now)
        if workers:
            self.wanted = sum(each.wanted(due.get(each.segment_id, 0.0)) for each in workers) / len(workers)
        for utterance in workers:
            utterance.busy_s += (now - started_at) / len(workers)
        for utterance, outputs in made.items():
            if not utterance.timed:
                utterance.first_step_at = min(utterance.first_step_at, started_at)
                if isinstance(outputs[0], Chunk):
                    utterance.first_chunk_at = min(utterance.first_chunk_at, now)
            utterance.made.extend(outputs)
            self._convert_head(utterance)

    def _queued(self, due: Mapping[SegmentId, float], now: float) -> float:
        first, lead_s = next(iter(due.items()), (0, 0.0))
        return (
            min(self._live[first].first_step_at, now) - self._live[first].submitted_at if lead_s == -math.inf else 0.0
        )

    def _most_behind(self, first_lead_s: float, now: float) -> _Utterance | None:
        """Return whose audio to convert now rather than to work for a listener with `first_lead_s` in hand."""
        if not self._behind:
            return None
        utterance = min(self._behind.values(), key=lambda behind: behind.listener.lead_s(now))
        lead_s = utterance.listener.lead_s(now)
        return utterance if lead_s <= max(first_lead_s, HURRY_S) else None

    def _convert_head(self, utterance: _Utterance) -> None:
        """Convert what was made; of a long first chunk only the beginning, so that others get a first sound too."""
        if utterance.timed:
            self._convert(utterance)
            return
        first = utterance.made[0]
        num_samples = int(HEAD_S * self._engine.info.sample_rate)
        if not isinstance(first, Chunk) or first.pcm.size <= num_samples:
            self._convert(utterance)
            return
        utterance.made[0] = Chunk(first.segment, first.pcm[num_samples:])
        utterance.track.push(first.pcm[:num_samples], first.words)
        self._behind[utterance.id] = utterance
        self._deliver(utterance)

    def _convert(self, utterance: _Utterance) -> None:
        self._behind.pop(utterance.id, None)
        while utterance.made:
            output = utterance.made.popleft()
            if isinstance(output, Chunk):
                utterance.track.push(output.pcm, output.words)
            elif isinstance(output, Failed):
                self._deliver(utterance, failed=output)
                self._forget(utterance)
                return
            else:
                utterance.track.end()
                utterance.segment_id = 0
                self._go_on(utterance, ended=output.segment)
        if utterance.segment_id:
            self._deliver(utterance)

    def _release_dry(self) -> None:
        """Give those whose listeners are about to run dry what was held back for a next segment that did not come."""
        now = self._clock()
        for utterance in list(self._holding.values()):
            if utterance.release_at(now) <= now:
                del self._holding[utterance.id]
                utterance.track.release()
                self._deliver(utterance)

    def _deliver(
        self,
        utterance: _Utterance,
        ended: SegmentId | None = None,
        failed: Failed | None = None,
        flushed: int | None = None,
        closed: bool = False,
    ) -> None:
        """Add a Delivery of what the track let out and of what is over, if there is anything to tell."""
        out = utterance.track.take()
        told = out.data or out.words or closed or failed or ended is not None or flushed is not None
        if not told:
            return
        timing = None
        if out.num_samples:
            utterance.listener.sent(self._clock(), out.num_samples / utterance.sample_rate)
            if not utterance.timed:
                utterance.timed = True
                timing = Timing(utterance.first_step_at, utterance.first_chunk_at)
        busy_s, utterance.busy_s = utterance.busy_s, 0.0
        self._deliveries.append(
            Delivery(
                utterance.id,
                out.data,
                out.first_sample,
                out.num_samples,
                out.words,
                out.audible_at,
                timing,
                busy_s,
                ended,
                failed,
                flushed,
                closed,
                out.packets,
            )
        )

    def _forget(self, utterance: _Utterance) -> None:
        self._live.pop(utterance.segment_id, None)
        self._stirred.pop(utterance.id, None)
        self._holding.pop(utterance.id, None)
        self._behind.pop(utterance.id, None)
        utterance.made.clear()
        del self._utterances[utterance.id]
        utterance.segment_id = 0


class LocalLoop:
    """The Loop seam over an engine in the calling thread: for tests, and for work without a server.

    Commands apply at once; deliveries come from within `step` and `run`. `sleep` passes the time until the next
    step is wanted; a test gives a clock and its way to advance it.
    """

    def __init__(
        self, engine: Engine, clock: Clock = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.num_late = 0
        self._info = engine.info
        self._loop = EngineLoop(engine, clock)
        self._clock = clock
        self._sleep = sleep
        self._callbacks: dict[UtteranceId, Deliver] = {}

    @property
    def info(self) -> EngineInfo:
        """What the engine is."""
        return self._info

    @property
    def ready(self) -> bool:
        """Always."""
        return True

    def open(self, utterance: UtteranceId, output: Output, max_lead_s: float, deliver: Deliver) -> None:
        """Make room for an utterance."""
        self._callbacks[utterance] = deliver
        self._loop.handle(Open(utterance, output, max_lead_s))

    def submit(self, segment: Segment) -> None:
        """Speak a segment."""
        self._loop.handle(Submit(segment))

    def flush(self, utterance: UtteranceId, flush_id: int) -> None:
        """Let out what is held back, then deliver `flushed`."""
        self._loop.handle(Flush(utterance, flush_id))

    def position(self, utterance: UtteranceId, played_s: float) -> None:
        """Correct the listener's clock."""
        self._loop.handle(Position(utterance, played_s))

    def abort(self, utterance: UtteranceId) -> None:
        """Stop and forget an utterance."""
        self._callbacks.pop(utterance, None)
        self._loop.handle(Abort(utterance))

    def close(self, utterance: UtteranceId) -> None:
        """Deliver what is left, then `closed`."""
        self._loop.handle(Close(utterance))

    def step(self) -> None:
        """Do one turn and deliver what it brought."""
        for delivery in self._loop.step():
            over = delivery.closed or delivery.failed
            deliver = (self._callbacks.pop if over else self._callbacks.get)(delivery.utterance, None)
            if deliver:
                deliver(delivery)
            else:
                self.num_late += 1

    def run(self, for_s: float = math.inf) -> None:
        """Let so many seconds pass, with all turns that are wanted; by default until only a command brings work."""
        until = self._clock() + for_s
        while (wait_s := self._loop.wait_s()) is not None and self._clock() + wait_s <= until:
            if wait_s:
                self._sleep(wait_s)
            else:
                self.step()
        if math.isfinite(until):
            self._sleep(max(until - self._clock(), 0.0))
