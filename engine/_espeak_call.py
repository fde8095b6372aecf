"""A part of a script as one call takes it: with the pronunciations of its spans written into it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from engine._espeak_text import Script


@dataclass(frozen=True, slots=True)
class Call:
    """What is given to the library, and where it comes from.

    `places` holds (position in `text`, position in the script) of the beginnings of stretches; within one the two go
    on together, but for a pronunciation (`held`), all of which stands for the beginning of its span.
    """

    text: str
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    held: frozenset[int] = frozenset()

    @property
    def phonemes(self) -> bool:
        """Whether there are phonemes in the text, in double brackets."""
        return bool(self.held)

    def position(self, position: int) -> int:
        """Return the position in the script of one in the text."""
        index = max(bisect_right(self.places, position, key=lambda place: place[0]) - 1, 0)
        begin, origin = self.places[index]
        return origin if index in self.held else origin + position - begin


def call(made: Script, begin: int, end: int) -> Call:
    """Return the part [begin, end) of a script; a span of which only some is in it is said as it is written."""
    spelt = [] if not any(made.phonemes) else [at for at in made.spans_within(begin, end) if made.phonemes[at]]
    if not spelt:
        return Call(made.text[begin:end].rstrip(), ((0, begin),))
    text, places, held, cursor = "", [], set[int](), begin
    for index in spelt:
        start, stop = made.starts[index], made.stop(index)
        places.append((len(text), cursor))
        text += _plain(made.text[cursor:start])
        held.add(len(places))
        places.append((len(text), start))
        text += made.phonemes[index]
        cursor = stop
    places.append((len(text), cursor))
    return Call((text + _plain(made.text[cursor:end])).rstrip(), tuple(places), frozenset(held))


def _plain(text: str) -> str:
    """Return what stands between pronunciations, without what could be taken for the beginning of one."""
    return text.replace("[", "(")
