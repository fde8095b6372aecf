"""Names of utterances that an error ended, whose text is swallowed until the client ends them."""

from __future__ import annotations

MAX_DEAD = 1024
"""Names remembered; beyond it the oldest are forgotten."""


class Dead:
    """A bounded set of names, the oldest first."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Swallow text for this name from now on."""
        self._names[name] = None
        if len(self._names) > MAX_DEAD:
            del self._names[next(iter(self._names))]

    def discard(self, name: str) -> None:
        """Take text for this name again."""
        self._names.pop(name, None)

    def clear(self) -> None:
        """Take text for all names again."""
        self._names.clear()
