"""A session's utterances by name: which one a message is about, and whose text is swallowed."""

from __future__ import annotations

from collections.abc import Iterator

from voice_server.names import Names
from voice_server.utterance import Utterance


class Contexts:
    """The utterances that are not over, by the names that clients have for them.

    `current` is the name of the one that messages without a name are about, None if there is none. `num_streams`
    counts the utterances that were opened, or could not be: it is the number of the latest, and its name where the
    client gave none. `dead` are names that an error ended.
    """

    def __init__(self) -> None:
        self.current: str | None = None
        self.num_streams = 0
        self.dead = Names()
        self._utterances: dict[str, Utterance] = {}

    def __len__(self) -> int:
        return len(self._utterances)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(list(self._utterances.values()))

    def meant(self, name: str | None) -> str | None:
        """Return the name that a message is about; None if it has none, and nothing is current."""
        return self.current if name is None else name

    def get(self, name: str | None) -> Utterance | None:
        """Return the utterance of this name, if there is one."""
        return None if name is None else self._utterances.get(name)

    def name_next(self, name: str | None, *, current: bool) -> str:
        """Count one more utterance and return its name: the one that is given, else one that is free.

        With `current` the next messages without a name are about it, if it was not given one.
        """
        self.num_streams += 1
        if name is not None:
            return name
        free = str(self.num_streams)
        while free in self._utterances or free in self.dead:
            free += "-"
        if current:
            self.current = free
        return free

    def add(self, utterance: Utterance) -> None:
        """Take in an utterance that is open."""
        self._utterances[utterance.context] = utterance

    def remove(self, utterance: Utterance) -> None:
        """Let go of an utterance, if it is here: its name is free."""
        if self._utterances.get(utterance.context) is utterance:
            del self._utterances[utterance.context]

    def end(self, name: str) -> None:
        """No more text comes for this name: it may be used again, and is not the current one."""
        self.dead.discard(name)
        if name == self.current:
            self.current = None

    def cancel(self, name: str | None) -> None:
        """Nothing of this name, or of any, is wanted any more: it may be used again, and is not the current one."""
        if name is None:
            self.dead.clear()
            self.current = None
        else:
            self.end(name)
