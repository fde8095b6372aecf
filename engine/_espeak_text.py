"""What espeak is given to say, and which token each of its word events belongs to. Pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, takewhile

from engine.types import Segment, Span, Word

MAX_PART = 200
"""Code points of one call to the library."""

MAX_COST = 600
"""What a call may fill of the library's buffers, in bytes of UTF-8 as it works on them: they hold 800, and what does
not fit is not spoken. A syllable of Hangul is taken apart into its letters there, and dots are costly: dotted
letters (`a.a.a.`) overrun the stack from 384 bytes on, Georgian ones from 266."""

MAX_RUN = 32.0
"""Letters that may follow each other without a space: what comes after about 40 in one word is not spoken."""

NON_LETTER = 1.6
"""Letters for which any other character counts in a run: digits and symbols are spoken as whole words."""

_UNSENDABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LONG_RUN = re.compile(rf"\S{{{int(MAX_RUN / NON_LETTER) + 1},}}")
_LEADING_HYPHEN = re.compile(r"(?<=[^\w\s])-(?=[^\s\d])")
_READ_ALONE = frozenset("%&@#")
_CLAUSE_ENDS = {
    **dict.fromkeys(",،、，", 0.15),  # noqa: RUF001 the scripts' own marks are meant, here and below
    **dict.fromkeys(";:；：؛", 0.2),  # noqa: RUF001
    **dict.fromkeys(".!?…。！？।॥؟۔", 0.3),  # noqa: RUF001
}
_CLOSING = "\"'»”’)]}）】」』 "  # noqa: RUF001
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Script:
    """A segment as it is sent: `text`, and where each of its `spans` starts in it. Events are left out.

    `phonemes` holds what is to be sent for a span instead of its text; empty if it is sent as it is.
    """

    text: str
    starts: tuple[int, ...]
    spans: tuple[Span, ...]
    phonemes: tuple[str, ...]

    def span_at(self, position: int) -> int:
        """Return the index of the span that holds a position, or the one before it."""
        return max(bisect_right(self.starts, position) - 1, 0)

    def stop(self, index: int) -> int:
        """Return where a span ends, the space after it not included."""
        after = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        return self.starts[index] + len(self.text[self.starts[index] : after].rstrip())

    def spans_within(self, begin: int, end: int) -> range:
        """Return the indices of the spans of which all is in [begin, end)."""
        first, last = bisect_left(self.starts, begin), bisect_left(self.starts, end)
        return range(first, last - (last > first and self.stop(last - 1) > end))


def _unspelt(_ipa: str) -> None:
    """Spell no pronunciation."""


def script(segment: Segment, spell: Callable[[str], str | None] = _unspelt) -> Script:
    """Write a segment so that the library survives it and leaves nothing out.

    `spell` turns IPA into phonemes of the voice, or into None. Controls, NUL and surrogates become spaces, and so does
    the hyphen of `(-x`, which crashes voices that do not know the letter. A long run without a space gets some, a
    dotted one (`a.a.a.`) after a dot.
    """
    spans = tuple(span for span in segment.spans if not span.tag)
    starts: list[int] = []
    length, last_end = 0, -1
    for span in spans:
        if not span.text:
            starts.append(length)
            continue
        length += length > 0 and span.start != last_end
        starts.append(length)
        length += len(span.text)
        last_end = span.end
    text = _LEADING_HYPHEN.sub(" ", _UNSENDABLE.sub(" ", segment.text))
    breaks = [place for run in _LONG_RUN.finditer(text) for place in _run_breaks(text, run.start(), run.end())]
    edges = [0, *breaks, len(text)]
    broken = " ".join(text[a:b] for a, b in pairwise(edges))
    phonemes = tuple(_respelt(span, spell) for span in spans)
    return Script(broken, tuple(start + bisect_right(breaks, start) for start in starts), spans, phonemes)


def _respelt(span: Span, spell: Callable[[str], str | None]) -> str:
    """Return the phonemes of a span's own pronunciation, with its punctuation; empty if it has none."""
    phonemes = spell(span.ipa) if span.ipa else None
    if not phonemes:
        return ""
    spoken = [at for at, char in enumerate(span.text) if unicodedata.category(char)[0] in "LNM"] or [0]
    harmless = _UNSENDABLE.sub(" ", span.text).replace("[", "(")
    before, behind = harmless[: spoken[0]], harmless[spoken[-1] + 1 :]
    return f"{before}{' ' if before else ''}[[{phonemes}]]{behind}"


def next_sound(text: str, begin: int) -> int | None:
    """Return where the word starts that holds the next character worth saying, or None if there is none."""
    for index in range(begin, len(text)):
        if _is_spoken(text[index]):
            return max(text.rfind(" ", begin, index) + 1, begin, index - MAX_PART // 2)
    return None


def part_end(made: Script, begin: int, limit: int = MAX_PART) -> int:
    """Return where the part that begins here should end: at least one code point on, at most `limit` or MAX_COST.

    In this order: at the end, after a clause, at a space between spans, between spans, at a space, anywhere but
    inside a character with its marks.
    """
    text, end = made.text, _affordable(made, begin, limit)
    if end == len(text):
        return len(text)
    spans = made.starts[bisect_right(made.starts, begin) : bisect_right(made.starts, end)]
    clauses = [start for start in spans if 2 * start > begin + end and pause_after(text, start)]
    spaced = [start for start in spans if text[start - 1] == " "]
    for places in (clauses, spaced, spans):
        if places:
            return places[-1]
    space = text.rfind(" ", begin + 1, end)
    return space + 1 if space > 0 else _whole_character_end(text, begin, end)


def pause_after(text: str, end: int) -> float:
    """Return the seconds the library itself rests within a text that goes on after what ends here."""
    bare = text[max(end - 8, 0) : end].rstrip(_CLOSING)
    return _CLAUSE_ENDS.get(bare[-1:], 0.0)


def place_words(made: Script, first: int, last: int, begins: Sequence[tuple[int, float]], end_s: float) -> list[Word]:
    """Share the time of a part among its spans `first` to `last`, one word each.

    `begins` holds the (position, seconds) of the words that the library announces, at least one; what it says
    together with the word before ("of the") takes a share of that word's time by its letters, punctuation none.
    """
    groups = [(first, min(begins[0][1], end_s))]
    reached = -1
    for position, time_s in begins:
        span = min(max(made.span_at(position), first), last)
        if 0 <= reached < span:
            groups.append((span, min(max(time_s, groups[-1][1]), end_s)))
        reached = max(reached, span)
    ends = [*groups[1:], (last + 1, end_s)]
    words: list[Word] = []
    for (begin, start_s), (stop, stop_s) in zip(groups, ends, strict=True):
        words += _share(made.spans[begin:stop], start_s, stop_s)
    return words


def _share(spans: Sequence[Span], start_s: float, end_s: float) -> Iterator[Word]:
    weights = [sum(map(_is_spoken, span.text)) for span in spans]
    if not any(weights):
        weights[-1] = 1
    shares = (done / sum(weights) for done in accumulate(weights, initial=0))
    edges = [min(start_s + (end_s - start_s) * share, end_s) for share in shares]
    for span, (begin_s, stop_s) in zip(spans, pairwise(edges), strict=True):
        yield Word(span.start, span.end, begin_s, stop_s)


def _affordable(made: Script, begin: int, limit: int) -> int:
    """Return how far a part may go."""
    each = [_cost(char) for char in made.text[begin : begin + limit]]
    if any(made.phonemes):
        for index in made.spans_within(begin, begin + limit):
            each[min(made.starts[index] - begin, len(each) - 1)] += len(made.phonemes[index].encode())
    costs = accumulate(each)
    fitting = sum(1 for _ in takewhile(lambda cost: cost <= MAX_COST, costs))
    return begin + max(fitting, 1)


def _cost(char: str) -> int:
    if char == ".":
        return 12
    if "\uac00" <= char <= "\ud7a3":
        return 9
    return len(char.encode())


def _is_spoken(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNS" or char in _READ_ALONE


def _run_breaks(text: str, begin: int, end: int) -> Iterator[int]:
    """Yield the places in an unbroken run before which a space goes: after punctuation where there is some."""
    room, place = MAX_RUN, begin
    index = begin
    while index < end:
        letter = unicodedata.category(text[index])[0] in "LM" or text[index] in _JOINERS
        room -= 1.0 if letter else NON_LETTER
        if room < 0.0:
            break_at = place if place > begin else _whole_character_end(text, begin, index)
            yield break_at
            room, begin, place, index = MAX_RUN, break_at, break_at, break_at
            continue
        index += 1
        if unicodedata.category(text[index - 1])[0] == "P":
            place = index


def _whole_character_end(text: str, begin: int, end: int) -> int:
    """Return the last place up to `end` that does not part a character from its marks and joiners."""
    for place in range(end, begin, -1):
        joined = place < len(text) and (unicodedata.category(text[place])[0] == "M" or text[place] in _JOINERS)
        if not joined and text[place - 1] not in _JOINERS and unicodedata.combining(text[place - 1]) != 9:
            return place
    return end
