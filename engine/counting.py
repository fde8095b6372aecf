"""What an engine offers that counts what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class Counting(Protocol):
    """An Engine may be one. Its counts are told now and then to whoever watches."""

    @property
    def counted(self) -> Mapping[str, float]:
        """Totals since its start, by name."""
