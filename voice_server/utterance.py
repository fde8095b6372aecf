"""One thing to be spoken: text in by the piece, segments to the engine one at a time, audio and times out."""

from __future__ import annotations

import secrets
from collections import deque
from enum import Enum

from engine.listener import Listener
from engine.text.markup import markup_for
from engine.text.wording import Lines, Wording
from engine.types import Deliver, Delivery, Loop, Segment, SegmentId, Word, new_id
from voice_server.intake import PORTION, Intake
from voice_server.journal import Over, note_over
from voice_server.messages import AudioOut, Cancelled, Done, Flushed, Options, Started, Timeline, Timestamps
from voice_server.metrics import Metrics
from voice_server.notices import Notices
from voice_server.outbox import Finish, Lane
from voice_server.setting import Setting
from voice_server.timeline import Moments
from voice_server.transcript import Transcript

MAX_QUEUED_S = 5.0
"""Audio that may wait to be sent before the next segment is made: a client who does not read costs no more."""


class State(Enum):
    """Where an utterance is in its life."""

    WAITING = "waiting"  # for its turn; text is only kept
    SPEAKING = "speaking"
    DRAINING = "draining"  # all segments are made; the engine and the lane hold the rest
    DONE = "done"
    CANCELLED = "cancelled"  # by its client
    FAILED = "failed"
    VANISHED = "vanished"  # its client is gone
    STOPPED = "stopped"  # the server leaves


_CUT_SHORT = {State.CANCELLED, State.FAILED, State.VANISHED, State.STOPPED}

_NEXT: dict[State, set[State]] = {
    State.WAITING: {State.SPEAKING, *_CUT_SHORT},
    State.SPEAKING: {State.DRAINING, *_CUT_SHORT},
    State.DRAINING: {State.DONE, *_CUT_SHORT},
    State.DONE: set(),
    **{state: set() for state in _CUT_SHORT},
}


class Utterance:
    """The state machine of one utterance, with at most one live segment. No socket; the time is given."""

    def __init__(self, setting: Setting, loop: Loop, metrics: Metrics, now: float) -> None:
        options = setting.options
        self.id = new_id()
        self.context = setting.context
        self.stream = setting.stream
        self.state = State.WAITING
        self.text_ended = False
        self.warned = False
        self.num_flushes = 0  # not answered to the client
        self.wake_at: float | None = None
        self.listener = Listener()
        self.transcript = Transcript()
        self.output = setting.output
        self.lane = Lane(setting.output, options.message_ms, options.max_lead_s, self.listener)
        self._notices = Notices(setting.context, self.lane)
        self._setting = setting
        self._seed = options.seed if options.seed is not None else secrets.randbits(32)
        self._loop = loop
        self._metrics = metrics
        self._intake = Intake(options.max_buffer_delay_ms / 1000, markup_for(options.markup), setting.lexicon)
        self._wording = Wording(setting.language, loop.info.tags, options.speed, setting.lexicon)
        self._live: SegmentId | None = None
        self._wants_room = False
        self._flushes: deque[tuple[int, int]] = deque()
        self._flushed_at: deque[int] = deque()  # where in the text, of those handed to the loop
        self._last_flush = 0
        self._moments = Moments(text_at=now)
        metrics.utterances.inc()

    @property
    def options(self) -> Options:
        """What its first message chose."""
        return self._setting.options

    @property
    def over(self) -> bool:
        """Whether nothing more will be spoken or sent."""
        return not _NEXT[self.state]

    @property
    def rests(self) -> bool:
        """Whether it has nothing to speak and nothing to send, and waits for its client."""
        return self._live is None and self.lane.empty and self.wake_at is None and self.state is State.SPEAKING

    def start(self, wait_s: float, deliver: Deliver, now: float) -> None:
        """Begin: its turn has come. The listener is busy with what it was sent before for another `wait_s`."""
        self._set(State.SPEAKING)
        self._moments.turn_at = now
        self._loop.open(self.id, self.output, self.options.max_lead_s, deliver)
        if wait_s > 0:
            self.listener.report(now, -wait_s)
        setting = self._setting
        names = (setting.context, setting.stream, setting.voice, setting.language)
        self.lane.put(Started(*names, setting.options, self._seed, setting.output.pre_skip))
        self._notices.tell(setting.warned)
        self._notices.of_language(setting.options, self._loop.info)
        self._notices.of_controls(setting.options, self._loop.info)
        self.advance(now)

    def append(self, text: str, now: float, *, last: bool = False) -> None:
        """Take more text; if it is the last, it is cut knowing so."""
        self.transcript.append(text)
        self._intake.append(text, now)
        if last:
            self.end(now)
        else:
            self.advance(now)

    def flush(self, now: float) -> None:
        """Speak all text received so far; `Flushed` follows its last audio."""
        self.num_flushes += 1
        self._last_flush += 1
        self._flushes.append((self._last_flush, self.transcript.num_chars))
        self._intake.flush()
        self.advance(now)

    def end(self, now: float) -> None:
        """No more text comes."""
        if not self.text_ended:
            self.text_ended = True
            self._intake.end()
            self.advance(now)

    def advance(self, now: float) -> None:
        """Hand the next piece to the engine, if there is one and the listener wants it; settle flushes and the end.

        Sets `wake_at` to when this is to be called again although nothing came.
        """
        self.wake_at = None
        if self.state is not State.SPEAKING or self._live is not None:
            return
        lead = self.listener.in_hand_s(now) + self.lane.queued_s
        self._settle_flushes()
        if not self._has_enough(lead, now):
            self._submit_next(lead, now)
        if self._live is None:
            self._settle()

    def _has_enough(self, lead: float, now: float) -> bool:
        """Whether the next piece can wait because the listener, or the lane, has so much in hand."""
        if not self._intake.waiting:
            return False
        self._wants_room = self.lane.queued_s > MAX_QUEUED_S
        max_lead = self.options.max_lead_s
        if max_lead and lead >= max_lead:
            self.wake_at = now + lead - max_lead + 0.001
        return self._wants_room or self.wake_at is not None

    def _submit_next(self, lead: float, now: float) -> None:
        """Submit the next piece that has words in it; after a long stretch without any, let others go first."""
        looked_at = 0
        while looked_at < PORTION:
            piece = self._intake.take(lead, now)
            if piece is None:
                self.wake_at = self._intake.next_take_at(lead, now)
                return
            looked_at += piece.end - piece.start
            lines = self._wording.read(piece, self._intake.take_marks())
            self._notices.of_marks(self._wording.take_ignored())
            if lines is not None:
                self._submit(lines, now)
                return
        self.wake_at = now

    def _submit(self, lines: Lines, now: float) -> None:
        options = self.options
        segment = Segment(
            id=new_id(),
            utterance=self.id,
            voice=self._setting.voice,
            language=self._setting.language,
            spans=lines.spans,
            gap_ms=lines.gap_ms,
            speed=options.speed,
            pitch=options.pitch,
            volume=options.volume,
            seed=self._seed,
            emotion=lines.emotion,
            exact=options.exact,
        )
        self._live = segment.id
        self._metrics.segments.inc()
        if self._moments.submitted_at is None:
            self._moments.submitted_at = now
        self._loop.submit(segment)

    def _settle(self) -> None:
        """With no segment live: answer the flushes that are reached, and close when all text has been spoken."""
        self._settle_flushes()
        if self.text_ended and not self._intake.waiting:
            self._set(State.DRAINING)
            self.wake_at = None
            self._loop.close(self.id)

    def _settle_flushes(self) -> None:
        while self._flushes and self._flushes[0][1] <= self._intake.taken:
            flush_id, at = self._flushes.popleft()
            self._flushed_at.append(at)
            self._loop.flush(self.id, flush_id)

    def on_delivery(self, delivery: Delivery, now: float) -> None:
        """Take what the engine made. A failure is for the session to tell; see `stop`."""
        moments = self._moments
        moments.busy_s += delivery.busy_s
        if delivery.timing:
            moments.timing = delivery.timing
        if delivery.audible_at is not None:
            moments.audible_sample = delivery.audible_at
        if delivery.words:
            self._place(delivery.words)
        self._put_audio(delivery)
        if delivery.ended is not None:
            self._release()
        if delivery.flushed is not None:
            self._place_trailing(None, self._flushed_at.popleft())
            self.lane.put(Flushed(self.context, delivery.flushed))
        if delivery.closed:
            end_sample = delivery.first_sample + delivery.num_samples
            self._place_trailing(end_sample / self.output.sample_rate)
            self._answer_flushes()
            self.lane.put(Finish())
        if self._live is None:
            self.advance(now)

    def on_sent(self, audio: AudioOut, now: float) -> None:
        """Note that audio is handed to the transport."""
        moments = self._moments
        if moments.audible_at is None:
            self._note_first(audio, now)
        if not self._setting.silent:
            sent = self._metrics.sent
            sent.audio_messages += 1
            sent.audio_s += audio.num_samples / self.output.sample_rate
        if self._wants_room and self.lane.queued_s <= MAX_QUEUED_S:
            self._wants_room = False
            self.advance(now)

    def _note_first(self, audio: AudioOut, now: float) -> None:
        """Note the first audio sent, and the first that can be heard."""
        moments, first = self._moments, self._moments.sent_at is None
        moments.on_sent(audio, now)
        if self._setting.silent:
            return
        if first:
            self._metrics.ttfb.observe(now - moments.text_at)
        if moments.audible_at is not None:
            self._metrics.audible.observe(now - moments.text_at)

    def timeline(self) -> Timeline:
        """Return where the time went so far."""
        return self._moments.timeline(self.listener.sent_s, sent=not self._setting.silent)

    def finish(self) -> Done:
        """Everything has been sent: be done."""
        self._set(State.DONE)
        audio_s, timeline = self.listener.sent_s, self.timeline()
        if timeline.queue_ms is not None:
            self._metrics.queue.observe(timeline.queue_ms / 1000)
        if timeline.rtf is not None:
            self._metrics.rtf.observe(timeline.rtf)
        return Done(self.context, round(audio_s * 1000, 3), self.transcript.num_chars, timeline)

    def stop(self, state: State, code: str = "") -> None:
        """Be over at once, in one of the states that are; `code` names the error that is the reason."""
        if self.state is not State.WAITING:
            self._loop.abort(self.id)
        self._release()
        self.lane.purge()
        self.wake_at = None
        self._set(state, code)

    def unheard(self, now: float) -> str:
        """Return the text the listener has not heard yet."""
        return self.transcript.split(self.listener.played_s(now))[1]

    def cancel(self, played_s: float | None, now: float) -> Cancelled:
        """Stop, and tell what was heard: up to `played_s`, else to where the listener probably is.

        What is done can be cancelled too, for as long as the listener may still be hearing it.
        """
        sent_s = self.listener.sent_s
        heard_s = self.listener.played_s(now) if played_s is None else min(max(played_s, 0.0), sent_s)
        if self.state is State.DONE and heard_s >= sent_s:
            spoken, remaining = self.transcript.text(), ""
        else:
            spoken, remaining = self.transcript.split(heard_s)
        if not self.over:
            self._metrics.cancels.inc()
            self.stop(State.CANCELLED)
        return Cancelled(self.context, round(sent_s * 1000, 3), spoken, remaining)

    def hold(self, now: float) -> None:
        """The socket is blocked: tell the loop where the listener stands."""
        if self.state in (State.SPEAKING, State.DRAINING) and self.listener.started:
            self._loop.position(self.id, self.listener.played_s(now))

    def report(self, played_s: float, now: float) -> None:
        """Take the listener's own word for where it is; below zero, it begins so much later."""
        if self.state is State.WAITING:
            return
        self.listener.report(now, played_s)
        if self.state in (State.SPEAKING, State.DRAINING):
            self._loop.position(self.id, min(played_s, self.listener.sent_s))
            self.advance(now)

    def _put_audio(self, delivery: Delivery) -> None:
        """Put a delivery's audio into the lane: packet by packet where it is packets, else in one."""
        if not delivery.data:
            return
        context, stream, at = self.context, self.stream, delivery.first_sample
        if not delivery.packets:
            self.lane.put(AudioOut(context, stream, at, delivery.num_samples, delivery.data))
            return
        data, num_samples = memoryview(delivery.data), self.output.frame_samples
        for size in delivery.packets:
            self.lane.put(AudioOut(context, stream, at, num_samples, data[:size]))
            data, at = data[size:], at + num_samples

    def _place(self, words: tuple[Word, ...]) -> None:
        unit, estimated = self.options.timestamps, words[-1].estimated
        if unit == "word":
            self.lane.put(Timestamps(self.context, unit, self.transcript.tokens(words), estimated))
        elif unit == "char":
            self.lane.put(Timestamps(self.context, unit, self.transcript.characters(words), estimated))
        self.transcript.place(words)

    def _place_trailing(self, end_s: float | None, upto: int | None = None) -> None:
        """Tell the characters after the last word, so that all of the text up to a place has been told."""
        if self.options.timestamps == "char" and (rest := self.transcript.trailing(end_s, upto)):
            self.lane.put(Timestamps(self.context, "char", rest, not self._loop.info.aligned))

    def _answer_flushes(self) -> None:
        """Answer the flushes that came after everything had been handed to the engine."""
        while self._flushes:
            self.lane.put(Flushed(self.context, self._flushes.popleft()[0]))

    def _release(self) -> None:
        if self._live is not None:
            self._live = None
            self._metrics.segments.dec()

    def _set(self, state: State, code: str = "") -> None:
        if state not in _NEXT[self.state]:
            raise RuntimeError(f"utterance {self.context!r} cannot go from {self.state.value} to {state.value}")
        self.state = state
        if self.over:
            self._metrics.utterances.dec()
            self._metrics.outcomes.labels(state.value).inc()
            self._metrics.underruns.inc(self.listener.num_underruns)
            note_over(self._setting.caller, self._over(code))

    def _over(self, code: str) -> Over:
        """Return what is written down at the end."""
        return Over(
            context=self.context,
            outcome=self.state.value,
            code=code,
            voice=self._setting.voice,
            language=self._setting.language,
            format=self.output.format,
            sample_rate=self.output.sample_rate,
            chars=self.transcript.num_chars,
            audio_ms=round(self.listener.sent_s * 1000, 3),
            underruns=self.listener.num_underruns,
            timeline=self.timeline(),
        )
