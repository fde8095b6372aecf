"""What clients are warned of when something of what they asked for is left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.text.markup import Mark
from engine.types import EngineInfo
from voice_server.messages import Options, Warned
from voice_server.outbox import Lane

_SKIPPED = {"code": "a block of code", "thinking": "a model's thinking", "html": "a part of the HTML that is no text"}


def of_language(options: Options, info: EngineInfo) -> Warned | None:
    """Return what to tell if it is another language's voice that speaks, because none has this one."""
    wanted = options.language
    if not wanted or options.voice or info.voice_for(wanted) is not None:
        return None
    message = f"no voice speaks {wanted!r}: {info.default_voice!r} does what it can. /v1/voices lists the languages"
    return Warned("unknown_language", message, "language")


def of_controls(options: Options, info: EngineInfo) -> Warned | None:
    """Return what to tell of a speed or pitch that changes nothing, because the engine follows none."""
    asked = {"speed": options.speed, "pitch": options.pitch, "volume": options.volume}
    lost = next((name for name, value in asked.items() if value != 1.0 and name not in info.controls), None)
    if lost is None:
        return None
    message = (
        f"{lost} changes nothing here: {info.name!r} speaks at its voice's own. Choose another voice, or leave it out"
    )
    return Warned("unsupported_option", message, lost)


def of_mark(mark: Mark) -> Warned:
    """Return what to tell of a mark that changed nothing in the speech."""
    if mark.kind == "unknown":
        message = f"{mark.value!r} is no tag that is known here, and was left out: markup=literal has such tags read"
        return Warned("unknown_tag", message, "text")
    if mark.kind == "skipped":
        what = _SKIPPED.get(mark.value, mark.value)
        return Warned("text_skipped", f"{what} is not spoken: markup=off has a text read as it is written", "text")
    message = f"the engine has no {mark.value!r}, which was left out: /v1/voices lists the tags it has"
    return Warned("unsupported_tag", message, "text")


class Notices:
    """The warnings of one utterance. Each kind is told once, in its lane."""

    def __init__(self, context: str, lane: Lane) -> None:
        self._context = context
        self._lane = lane
        self._told: set[str] = set()

    def of_language(self, options: Options, info: EngineInfo) -> None:
        """Warn if it is another language's voice that speaks, because none has this one."""
        self.tell(of_language(options, info))

    def of_controls(self, options: Options, info: EngineInfo) -> None:
        """Warn of a speed or pitch that changes nothing."""
        self.tell(of_controls(options, info))

    def of_marks(self, marks: Iterable[Mark]) -> None:
        """Warn of what was left out of the text."""
        for mark in marks:
            self.tell(of_mark(mark))

    def tell(self, warned: Warned | None) -> None:
        """Warn of this, if of anything."""
        if warned is not None and warned.code not in self._told:
            self._told.add(warned.code)
            self._lane.put(replace(warned, context=self._context))
