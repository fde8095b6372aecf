"""What a listener has not heard to its end: what a cancel or a playback report can be about."""

from __future__ import annotations

from voice_server.utterance import State, Utterance

MAX_DONE = 64
"""Utterances kept after they are done because their listener may still be hearing them."""


class Playlist:
    """A socket's utterances, in the order they were opened, until each is heard, or removed.

    With `one_by_one` they sound one after another.
    """

    def __init__(self, one_by_one: bool) -> None:
        self._one_by_one = one_by_one
        self._utterances: list[Utterance] = []

    def add(self, utterance: Utterance, now: float) -> None:
        """Take in an utterance that is to be heard."""
        self._prune(now)
        self._utterances.append(utterance)

    def remove(self, utterance: Utterance) -> None:
        """Forget an utterance, if it is here: nobody hears it any more."""
        if utterance in self._utterances:
            self._utterances.remove(utterance)

    def shares(
        self, context: str | None, position_ms: float | None, now: float
    ) -> list[tuple[Utterance, float | None]]:
        """Return the utterances of a context (None: all), and the seconds of each that a position means.

        A position runs on from the first into those that sound behind it, where it is below zero: they start so
        much later. It is None for all of them if it is not known.
        """
        self._prune(now)
        meant = [utterance for utterance in self._utterances if context in (None, utterance.context)]
        if position_ms is None:
            return [(utterance, None) for utterance in meant]
        left_s = position_ms / 1000
        shares: list[tuple[Utterance, float | None]] = []
        for utterance in meant:
            shares.append((utterance, left_s))
            left_s -= utterance.listener.sent_s if self._one_by_one else 0.0
        return shares

    def unheard_s(self, now: float) -> float:
        """Return the seconds until what is done has been heard, where an utterance that starts must wait for it."""
        if not self._one_by_one:
            return 0.0
        return max((done.listener.lead_s(now) for done in self._utterances if done.state is State.DONE), default=0.0)

    def _prune(self, now: float) -> None:
        """Forget what is done and heard, and the oldest of too many that are done."""
        self._utterances = [
            utterance
            for utterance in self._utterances
            if utterance.state is not State.DONE or utterance.listener.lead_s(now) > 0
        ]
        done = [utterance for utterance in self._utterances if utterance.state is State.DONE]
        for utterance in done[: len(done) - MAX_DONE] if len(done) > MAX_DONE else []:
            self._utterances.remove(utterance)
