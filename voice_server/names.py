"""Names that are remembered for a while."""

from __future__ import annotations

MAX_NAMES = 1024
"""Names remembered; beyond it the oldest are forgotten."""


class Names:
    """A bounded set of names, the oldest first."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Remember this name from now on."""
        self._names[name] = None
        if len(self._names) > MAX_NAMES:
            del self._names[next(iter(self._names))]

    def discard(self, name: str) -> None:
        """Forget this name, if it is known."""
        self._names.pop(name, None)

    def clear(self) -> None:
        """Forget all names."""
        self._names.clear()
