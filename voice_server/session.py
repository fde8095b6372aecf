"""One client's state: which utterances it has, whose turn it is, and what it is told. No socket; time is given."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from engine.types import Delivery, Loop
from voice_server.contexts import Contexts
from voice_server.errors import (
    Busy,
    EngineFailed,
    TextAfterEnd,
    TooManyContexts,
    TooManyUnread,
    VoiceServerError,
)
from voice_server.messages import (
    AudioOut,
    Cancel,
    Close,
    Closed,
    Closing,
    Command,
    End,
    Event,
    Failure,
    Flush,
    Flushed,
    Invalid,
    Options,
    Ping,
    Playback,
    Pong,
    Text,
    Timeline,
    Warned,
)
from voice_server.metrics import Metrics
from voice_server.outbox import MAX_CONTROL, Finish, Item, Outbox
from voice_server.playlist import Playlist
from voice_server.setting import Setting, settle
from voice_server.streams import Streams
from voice_server.terms import Terms, farewell, greeting
from voice_server.turns import Turns
from voice_server.utterance import State, Utterance


class Session:
    """The protocol-neutral core of a connection: Commands in by `handle`, Events out by `take`.

    `clock` gives monotonic seconds. `wake` is called with the time from which `take` has something new, or may
    have; `wake_at` tells it too. With `audio="binary"` utterances sound one after another, each whole; else
    they interleave. Raises UnknownVoice or InvalidField where the terms cannot be met.
    """

    def __init__(
        self, loop: Loop, terms: Terms, metrics: Metrics, clock: Callable[[], float], wake: Callable[[float], None]
    ) -> None:
        self._loop = loop
        self._terms = terms
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        one_by_one = terms.audio == "binary"
        self._outbox = Outbox()
        self._contexts = Contexts()
        self._streams = Streams(self._outbox)
        self._turns = Turns(one_by_one)
        self._playlist = Playlist(one_by_one)
        self._draining = False
        self._leaving = False  # the server stops
        self._closed = False
        self._active_at = clock()
        self._outbox.tell(greeting(terms, loop.info))
        metrics.sessions.inc()

    def handle(self, command: Command) -> None:
        """Do what the client asks. What cannot be done is told, and costs one utterance at most.

        Raises TooManyUnread, which costs the socket.
        """
        if self._outbox.num_answers >= MAX_CONTROL:
            raise TooManyUnread("too many answers are left unread: read them, or ask less")
        now = self._active_at = self._clock()
        match command:
            case Text():
                self._on_text(command, now)
            case Flush():
                self._on_flush(command, now)
            case End():
                self._on_end(command, now)
            case Cancel():
                self._on_cancel(command, now)
            case Playback():
                self._on_playback(command, now)
            case Ping():
                self._outbox.tell(Pong(command.value))
            case Close():
                self.drain()
            case Invalid():
                self._on_invalid(command)
        self._wake(self.wake_at())

    def drain(self) -> None:
        """End the text of every utterance; when all are over, the socket is closed."""
        now = self._clock()
        self._draining = True
        self._contexts.current = None
        for utterance in self._contexts:
            utterance.end(now)
        self._wake(self.wake_at())

    def hold(self) -> None:
        """The socket is blocked: the listeners stand where they are."""
        self._streams.hold(self._clock())

    def look_idle(self) -> None:
        """Close, if nothing has been spoken or said for longer than that may be."""
        limit_s, now = self._terms.limits.idle_timeout_s, self._clock()
        if not self._streams.rest:
            self._active_at = now
        elif limit_s is not None and now - self._active_at > limit_s and not self._closed:
            self._closed = True
            self._outbox.tell(Closed(1000, f"idle for {limit_s:g} s"))
            self._wake(self.wake_at())

    def leave(self) -> None:
        """The server stops soon: tell what is not spoken yet, open nothing new, and be shut down when all is over."""
        self._leaving = True
        if self._streams:
            self._outbox.tell(Closing(self._remaining()))
        self._wake(self.wake_at())

    def shut_down(self, error: VoiceServerError | None = None) -> None:
        """Stop everything and close, for this error; without one the server stops, and what is not spoken is told."""
        if self._closed:
            return
        self._closed = True
        remaining = self._remaining()
        self._stop_all(State.STOPPED)
        for last in farewell(remaining, error):
            self._outbox.tell(last)
        self._wake(self.wake_at())

    def _remaining(self) -> dict[str, str]:
        return {utterance.context: utterance.unheard(self._clock()) for utterance in self._contexts}

    def close(self) -> None:
        """The client is gone: stop everything."""
        self._stop_all(State.VANISHED)
        self._metrics.sessions.dec()

    def take(self) -> Event | None:
        """Return the next thing to send now; None if there is nothing yet."""
        now = self._clock()
        taken = self._streams.take(now)
        if isinstance(taken, tuple):
            return self._told(*taken, now)
        if taken is not None or not self._is_over:
            return taken
        if not self._draining:
            self.shut_down()
            return self.take()
        self._closed = True
        return Closed(1000)

    @property
    def _is_over(self) -> bool:
        """Whether it is time to close: that is wanted, and nothing is left to send."""
        return (self._draining or self._leaving) and not self._streams and not self._closed

    def timeline(self, stream: int) -> Timeline | None:
        """Return an utterance's timeline so far; None when it is over."""
        utterance = self._streams.get(stream)
        return None if utterance is None else utterance.timeline()

    def wake_at(self) -> float:
        """Return when `take` has something although nothing comes in; infinity if never."""
        now = self._clock()
        if self._is_over:
            return now
        return self._streams.wake_at(now)

    # Commands

    def _on_text(self, command: Text, now: float) -> None:
        name = None if command.whole else self._contexts.meant(command.context)
        if name in self._contexts.dead:
            return
        utterance = self._contexts.get(name)
        if utterance is None:
            utterance = self._open(command, now)
            if utterance is None:
                return
        elif command.options is not None:
            self._check_options(utterance, command.options)
        if utterance.text_ended:
            message = "text came after this context's end: wait for its done, or use another context_id"
            self._fail(utterance.context, TextAfterEnd(message, field="text"))
            self._contexts.dead.add(utterance.context)
            return
        try:
            self._terms.take_text(utterance.transcript.num_chars, len(command.text), now)
        except VoiceServerError as error:
            self._fail(utterance.context, error)
            if command.whole:
                self._contexts.dead.discard(utterance.context)
        else:
            utterance.append(command.text, now, last=command.last or command.whole)

    def _on_flush(self, command: Flush, now: float) -> None:
        if (utterance := self._contexts.get(self._contexts.meant(command.context))) is None:
            return
        if utterance.num_flushes >= MAX_CONTROL:
            raise TooManyUnread("too many flushes wait for their turn, or to be read: ask less")
        utterance.flush(now)

    def _on_end(self, command: End, now: float) -> None:
        if (name := self._contexts.meant(command.context)) is None:
            return
        self._contexts.end(name)
        if utterance := self._contexts.get(name):
            utterance.end(now)

    def _on_cancel(self, command: Cancel, now: float) -> None:
        for utterance, played_s in self._playlist.shares(command.context, command.played_ms, now):
            self._outbox.tell(utterance.cancel(played_s, now))
            self._forget(utterance)
        self._contexts.cancel(command.context)
        self._next_turn(now)

    def _on_playback(self, command: Playback, now: float) -> None:
        for utterance, played_s in self._playlist.shares(command.context, command.played_ms, now):
            utterance.report(played_s or 0.0, now)

    def _on_invalid(self, command: Invalid) -> None:
        if not command.loses_text:
            self._fail(None, command.error)
            return
        if (name := self._contexts.meant(command.context)) is None:
            name = self._contexts.name_next(None, current=True)
        self._fail(name, command.error)
        self._contexts.dead.add(name)

    def _check_options(self, utterance: Utterance, options: Options) -> None:
        bound = utterance.options
        for name in sorted(options.model_fields_set):
            if not utterance.warned and getattr(options, name) != getattr(bound, name):
                utterance.warned = True
                message = f"{name} is fixed by an utterance's first message: use another context_id to change it"
                self._outbox.tell(Warned("option_ignored", message, name, utterance.context))

    # The life of utterances

    def _open(self, command: Text, now: float) -> Utterance | None:
        """Open an utterance for a first text, or tell why not."""
        name = self._contexts.name_next(command.context, current=not command.whole)
        try:
            setting = self._setting(name, command.options)
            self._terms.allowance.open_utterance()
        except VoiceServerError as error:
            self._fail(name, error)
            if not command.whole:
                self._contexts.dead.add(name)
            return None
        utterance = Utterance(setting, self._loop, self._metrics, now)
        self._contexts.add(utterance)
        self._playlist.add(utterance, now)
        self._streams.add(utterance)
        self._turns.add(utterance)
        self._next_turn(now)
        return utterance

    def _setting(self, name: str, given: Options | None) -> Setting:
        """Settle how a new utterance is spoken. Raises what a client must be told."""
        if self._draining:
            raise TextAfterEnd("this socket is closing: open another for more text")
        if self._leaving:
            raise Busy("the server is stopping: connect again for more text")
        max_contexts = self._terms.limits.contexts
        if len(self._contexts) >= max_contexts:
            message = f"at most {max_contexts} contexts at a time: wait for a done, or cancel one"
            raise TooManyContexts(message, field="context_id")
        return settle(name, self._contexts.num_streams, given, self._terms, self._loop.info)

    def _next_turn(self, now: float) -> None:
        for utterance in self._turns.due():
            utterance.start(self._playlist.unheard_s(now), partial(self._on_delivery, utterance), now)

    def _on_delivery(self, utterance: Utterance, delivery: Delivery) -> None:
        if utterance.over:
            return
        behind = not utterance.lane.empty
        utterance.on_delivery(delivery, self._clock())
        if delivery.failed is not None:
            self._fail(utterance.context, EngineFailed(f"{delivery.failed.message}: send the text again"))
        elif behind and utterance.wake_at is None:
            return  # what comes behind something that waits changes nothing for who sends
        self._wake(-math.inf)

    def _told(self, utterance: Utterance, item: Item, now: float) -> Event:
        """Return what goes to the client for an item of an utterance's lane."""
        if isinstance(item, AudioOut):
            utterance.on_sent(item, now)
            return item
        if isinstance(item, Flushed):
            utterance.num_flushes -= 1
        if not isinstance(item, Finish):
            return item
        done = utterance.finish()
        self._let_go(utterance)
        self._next_turn(now)
        return done

    def _fail(self, name: str | None, error: VoiceServerError) -> None:
        """Tell an error, ending the utterance of this name, if there is one, and all where that is agreed."""
        if self._terms.frail:
            self._metrics.errors.labels(error.code).inc()
            self.shut_down(error)
            return
        utterance = self._contexts.get(name)
        if utterance is not None:
            utterance.stop(State.FAILED, error.code)
            self._forget(utterance)
            if not utterance.text_ended:
                self._contexts.dead.add(utterance.context)
        self._metrics.errors.labels(error.code).inc()
        self._outbox.tell(Failure.of(error, name))
        self._next_turn(self._clock())

    def _forget(self, utterance: Utterance) -> None:
        """Let go of an utterance that will not be heard any more."""
        self._let_go(utterance)
        self._playlist.remove(utterance)
        self._turns.remove(utterance)

    def _let_go(self, utterance: Utterance) -> None:
        """Let go of an utterance that has nothing left to send."""
        if self._streams.remove(utterance):
            self._terms.allowance.close_utterance()
        self._contexts.remove(utterance)

    def _stop_all(self, state: State) -> None:
        for utterance in self._streams:
            utterance.stop(state)
            self._forget(utterance)
        self._turns.clear()
