"""What a session still has to send: its utterances, each by the number of its stream."""

from __future__ import annotations

from collections.abc import Iterator

from voice_server.messages import Event
from voice_server.outbox import Item, Outbox
from voice_server.utterance import Utterance


class Streams:
    """The utterances of a session that have something left to send, and the outbox that all of it goes through."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._utterances: dict[int, Utterance] = {}

    def __len__(self) -> int:
        return len(self._utterances)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(list(self._utterances.values()))

    def get(self, stream: int) -> Utterance | None:
        """Return the utterance of this number, if it is here."""
        return self._utterances.get(stream)

    def add(self, utterance: Utterance) -> None:
        """Take in an utterance that is open."""
        self._utterances[utterance.stream] = utterance
        self._outbox.add(utterance.stream, utterance.lane)

    def remove(self, utterance: Utterance) -> bool:
        """Let go of an utterance and of what waits in its lane; return whether it was here."""
        self._outbox.remove(utterance.stream)
        return self._utterances.pop(utterance.stream, None) is not None

    @property
    def rest(self) -> bool:
        """Whether all wait for their client."""
        return all(utterance.rests for utterance in self._utterances.values())

    def hold(self, now: float) -> None:
        """Have the listeners stand where they are."""
        for utterance in self._utterances.values():
            utterance.hold(now)

    def take(self, now: float) -> Event | tuple[Utterance, Item] | None:
        """Return what may be sent now: a control event, or an item and whose it is. Lets those go on who are due."""
        taken = self._outbox.take(now)
        if taken is None and self._advance(now):
            taken = self._outbox.take(now)
        return (self._utterances[taken[0]], taken[1]) if isinstance(taken, tuple) else taken

    def wake_at(self, now: float) -> float:
        """Return when `take` has something although nothing comes in; infinity if never."""
        at = self._outbox.ready_at(now)
        for utterance in self._utterances.values():
            if utterance.wake_at is not None:
                at = min(at, utterance.wake_at)
        return at

    def _advance(self, now: float) -> bool:
        """Let utterances go on whose time has come; return whether there were any."""
        utterances = self._utterances.values()
        due = [each for each in utterances if each.wake_at is not None and each.wake_at <= now]
        for utterance in due:
            utterance.advance(now)
        return bool(due)
