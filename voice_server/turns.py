"""Which utterance of a session may start."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from voice_server.utterance import State, Utterance


class Turns:
    """Utterances in the order they were opened, until they have started; with `one_by_one` until they are over."""

    def __init__(self, one_by_one: bool) -> None:
        self._one_by_one = one_by_one
        self._utterances: deque[Utterance] = deque()

    def add(self, utterance: Utterance) -> None:
        """Put an utterance at the end of the line."""
        self._utterances.append(utterance)

    def remove(self, utterance: Utterance) -> None:
        """Take an utterance out of the line, if it is there."""
        if utterance in self._utterances:
            self._utterances.remove(utterance)

    def clear(self) -> None:
        """Take all of them out of the line."""
        self._utterances.clear()

    def due(self) -> Iterator[Utterance]:
        """Yield those that are to start now, each before it is looked who is next.

        Where utterances sound one after another that is the first in line, elsewhere all.
        """
        line = self._utterances
        while line and (not self._one_by_one or line[0].state is State.WAITING or line[0].over):
            utterance = line[0]
            if utterance.state is State.WAITING:
                yield utterance
            if not self._one_by_one or utterance.over:
                line.popleft()
