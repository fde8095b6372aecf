"""The engine's loop: commands in, one batched step, deliveries out. Synchronous, no I/O, with an injected clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping

from engine.commands import Abort, Close, Command, Flush, Open, Position, Submit
from engine.pace import Pace, Rate
from engine.scheduler import next_due_at, plan
from engine.track import Track
from engine.types import Chunk, Delivery, Engine, EngineOutput, Failed, Segment, SegmentId, UtteranceId
from engine.utterance import Utterance

Clock = Callable[[], float]

HURRY_S = 0.05
"""A listener with less than this in hand is served before anyone new."""


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
        self._utterances: dict[UtteranceId, Utterance] = {}
        self._live: dict[SegmentId, Utterance] = {}
        self._stirred: dict[UtteranceId, Utterance] = {}  # idle, with something waiting
        self._holding: dict[UtteranceId, Utterance] = {}  # idle, with audio held back
        self._behind: dict[UtteranceId, Utterance] = {}  # with something made that is not converted yet
        self._rates: dict[str, Rate] = {}  # by voice, as many as the engine has
        self._deliveries: list[Delivery] = []

    def handle(self, command: Command) -> None:
        """Take a command. It shows in the next step; only an Abort frees the engine at once."""
        match command:
            case Open(utterance, output, max_lead_s):
                track = Track(self._engine.info.sample_rate, output)
                self._utterances[utterance] = Utterance(utterance, output.sample_rate, max_lead_s, track)
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

    def _go_on(self, utterance: Utterance, ended: SegmentId | None = None) -> None:
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

    def _begin(self, utterance: Utterance, segment: Segment) -> None:
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
        made: dict[Utterance, list[EngineOutput]] = {}
        for output in self._engine.step(due):
            if owner := self._live.get(output.segment):
                made.setdefault(owner, []).append(output)
                if not isinstance(output, Chunk):
                    del self._live[output.segment]
        now = self._clock()
        workers: Collection[Utterance] = made or [self._live[segment_id] for segment_id in due]
        for utterance, outputs in made.items():
            num_samples = sum(output.pcm.size for output in outputs if isinstance(output, Chunk))
            utterance.has_made(num_samples / self._engine.info.sample_rate, now)
        if workers:
            self.wanted = sum(each.wanted(due.get(each.segment_id, 0.0)) for each in workers) / len(workers)
        for utterance in workers:
            utterance.busy_s += (now - started_at) / len(workers)
        for utterance, outputs in made.items():
            utterance.add_made(outputs, started_at, now)
            self._convert_head(utterance)

    def _queued(self, due: Mapping[SegmentId, float], now: float) -> float:
        first, lead_s = next(iter(due.items()), (0, 0.0))
        return (
            min(self._live[first].first_step_at, now) - self._live[first].submitted_at if lead_s == -math.inf else 0.0
        )

    def _most_behind(self, first_lead_s: float, now: float) -> Utterance | None:
        """Return whose audio to convert now rather than to work for a listener with `first_lead_s` in hand."""
        if not self._behind:
            return None
        utterance = min(self._behind.values(), key=lambda behind: behind.listener.lead_s(now))
        lead_s = utterance.listener.lead_s(now)
        return utterance if lead_s <= max(first_lead_s, HURRY_S) else None

    def _convert_head(self, utterance: Utterance) -> None:
        """Convert what was made; of a long first chunk only the beginning, so that others get a first sound too."""
        if utterance.timed or not utterance.push_head(self._engine.info.sample_rate):
            self._convert(utterance)
            return
        self._behind[utterance.id] = utterance
        self._deliver(utterance)

    def _convert(self, utterance: Utterance) -> None:
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
        utterance: Utterance,
        ended: SegmentId | None = None,
        failed: Failed | None = None,
        flushed: int | None = None,
        closed: bool = False,
    ) -> None:
        """Add a Delivery of what is ready and of what is over, if there is anything to tell."""
        if delivery := utterance.take(self._clock, ended, failed, flushed, closed):
            self._deliveries.append(delivery)

    def _forget(self, utterance: Utterance) -> None:
        self._live.pop(utterance.segment_id, None)
        self._stirred.pop(utterance.id, None)
        self._holding.pop(utterance.id, None)
        self._behind.pop(utterance.id, None)
        utterance.made.clear()
        del self._utterances[utterance.id]
        utterance.segment_id = 0
