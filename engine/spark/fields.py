"""Plain data that people write by hand, read strictly: what is wrong is named, with where it stands and what to do."""

from __future__ import annotations

from collections.abc import Mapping


class FieldError(ValueError):
    """A field is missing, of the wrong kind, or not known."""


class Fields:
    """The fields of a table; `done` refuses those that nobody has asked for. `place` begins every complaint."""

    def __init__(self, values: object, place: str) -> None:
        if not isinstance(values, Mapping):
            raise FieldError(f"{place}: must be a table, not {_shown(values)}")
        self._values = dict(values)
        self._place = place
        self._known: list[str] = []

    def text(self, name: str, default: str | None = None, longest: int = 200) -> str:
        """Return a text of one line. Without a default it must be there, and hold something."""
        value = self._take(name, default)
        if not isinstance(value, str) or len(value) > longest or not (value.isprintable() and (value or default == "")):
            raise self._wrong(name, f"a text of 1 to {longest} printable characters", value)
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Return one of these."""
        value = self._take(name, default)
        if value not in choices:
            raise self._wrong(name, f"one of {', '.join(choices)}", value)
        return str(value)

    def flag(self, name: str, default: bool) -> bool:
        """Return yes or no."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false", value)
        return value

    def count(self, name: str, below: int, default: int | None = None) -> int:
        """Return a whole number from 0 on."""
        value = self._take(name, default)
        if not _is_count(value, below):
            raise self._wrong(name, f"a whole number from 0 to {below - 1}", value)
        assert isinstance(value, int)
        return value

    def number(self, name: str, lowest: float, highest: float, default: float) -> float:
        """Return a number of this range."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise self._wrong(name, f"a number from {lowest:g} to {highest:g}", value)
        return float(value)

    def counts(self, name: str, num: int, below: int) -> tuple[int, ...]:
        """Return so many whole numbers from 0 on, or none at all if the field is not there."""
        value = self._take(name, [])
        wanted = f"{num} whole numbers from 0 to {below - 1}"
        if not isinstance(value, list) or not all(_is_count(each, below) for each in value):
            raise self._wrong(name, wanted, value)
        if name in self._values and len(value) != num:
            raise self.wrong(f"{name} must be {wanted}, not {len(value)} of them")
        return tuple(value)

    def table(self, name: str) -> Fields | None:
        """Return the fields of a table within; None if it is not there."""
        value = self._take(name, None, needed=False)
        return None if value is None else Fields(value, f"{self._place}: {name}")

    def value(self, name: str) -> object:
        """Return what a field holds, whatever it is."""
        return self._take(name, None)

    def names(self) -> list[str]:
        """Return the names of all fields that are there."""
        return list(self._values)

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self._values

    def wrong(self, problem: str) -> FieldError:
        """Return what to raise where a field is wrong in a way of its own."""
        return FieldError(f"{self._place}: {problem}")

    def done(self) -> None:
        """Refuse fields that were not asked for: they may be misspelt."""
        if unknown := [name for name in self._values if name not in self._known]:
            known = ", ".join(self._known)
            raise self.wrong(f"there is no field {unknown[0]!r}: the fields are {known}")

    def _take(self, name: str, default: object, needed: bool = True) -> object:
        self._known.append(name)
        if name not in self._values and default is None and needed:
            raise self.wrong(f"{name} is missing")
        return self._values.get(name, default)

    def _wrong(self, name: str, wanted: str, value: object) -> FieldError:
        return self.wrong(f"{name} must be {wanted}, not {_shown(value)}")


def _is_count(value: object, below: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
