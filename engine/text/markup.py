"""Markdown, HTML and tags out of a text that comes by the piece, with every code point left in its place."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from engine.text.markdown.blocks import block
from engine.text.markdown.inline import flows, inline, newline
from engine.text.markdown.source import CONTEXT, Mark, Skip, Source, State, Undecided, blank

__all__ = ["Mark", "Markup", "Reading", "markup_for"]

Reading = Literal["on", "literal", "off"]
"""What becomes of markup: it is understood; so it is, but unknown tags are read; everything is read as it stands."""


class Markup:
    """Reads one utterance's raw text and gives back what is to be spoken of it, code point for code point.

    What comes out has as many code points as what went in, so that a position in it is one in the client's text:
    MASK stands for markers inside a line, spaces for what is skipped, BREAK where a block begins or ends, CUT where
    a pause or another emotion begins. What comes out does not depend on how the text was cut, but for `flush`.

    `unknown` tells what becomes of tags that nobody knows: "skip" leaves them out, "literal" has them read.
    """

    def __init__(self, unknown: Literal["skip", "literal"] = "skip") -> None:
        self._source = Source()
        self._state = State(keeps_unknown=unknown == "literal")

    @property
    def held(self) -> int:
        """Code points that were pushed and wait for what follows them."""
        return len(self._source.text) - self._source.at

    def push(self, text: str) -> str:
        """Append text and return what is decided."""
        source = self._source
        is_next = source.at == len(source.text)
        source.text += text
        source.stop = len(source.text)
        if is_next and flows(source, self._state):
            source.at = source.stop
            self._forget()
            return text
        out: list[str] = []
        with suppress(Undecided):
            self._read(out)
        self._forget()
        return "".join(out)

    def flush(self) -> str:
        """Return what is held, read as if the text ended here. Blocks stay open: a fence is still to be closed."""
        source, out = self._source, list[str]()
        source.stop = len(source.text)
        source.text, source.final = source.text + "\n", True
        self._read(out)
        source.text, source.final = source.text[:-1], False
        self._forget()
        return "".join(out)

    def end(self) -> str:
        """Return what is held: no more text comes."""
        out = self.flush()
        if self._state.skip is not None:
            self._close(self._state.skip)
        return out

    def take_marks(self) -> list[Mark]:
        """Return what was found since the last call, in order, in positions of the raw text."""
        marks, self._state.marks = self._state.marks, []
        return marks

    def _read(self, out: list[str]) -> None:
        source = self._source
        while source.at < source.stop:
            part = self._part()
            out.append(part)
            source.at += len(part)

    def _part(self) -> str:
        source, state = self._source, self._state
        if state.skip is not None:
            return self._skipped(state.skip)
        if state.run is not None and (rest := self._rest_of_run(*state.run)):
            return rest
        return self._begin_line() if state.line_start else inline(source, state)

    def _begin_line(self) -> str:
        source, state = self._source, self._state
        if source.text[source.at] == "\n":
            return newline(source, state)
        if marker := block(source, state):
            return marker
        part = inline(source, state)
        state.line_start, state.at_marker = state.tag_end == source.position + len(part), False
        return part

    def _skipped(self, skip: Skip) -> str:
        source = self._source
        found = skip.closing.search(source.text, source.at)
        if found is not None:
            size = found.end() - source.at
            source.at += size
            self._close(skip)
            source.at -= size
            return " " * size
        if source.final:
            return " " * (source.stop - source.at)
        size = source.stop - source.at - skip.reach
        if size <= 0:
            raise Undecided
        return " " * size

    def _close(self, skip: Skip) -> None:
        self._state.skip = None
        self._state.marks.append(Mark(skip.at, self._source.position, "skipped", skip.value))

    def _rest_of_run(self, chars: str, is_left_out: bool) -> str:
        source = self._source
        end = source.at
        while end < source.stop and source.text[end] in chars:
            end += 1
        run = source.text[source.at : end]
        if end < source.stop:
            self._state.run = None
        return blank(run) if is_left_out else run

    def _forget(self) -> None:
        source = self._source
        spare = source.at - CONTEXT
        if spare > CONTEXT:
            source.text, source.base, source.at = source.text[spare:], source.base + spare, CONTEXT
        source.stop = len(source.text)


def markup_for(reading: Reading) -> Markup | None:
    """Return what reads a text's markup as an option says; None: nothing does, all is read as it stands."""
    return None if reading == "off" else Markup("literal" if reading == "literal" else "skip")
