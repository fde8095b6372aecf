"""What clients are warned of when something of what they asked for is left out."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text.markup import Mark
from engine.types import EngineInfo
from voice_server.messages import Options, Warned
from voice_server.outbox import Lane

_SKIPPED = {"code": "a block of code", "thinking": "a model's thinking", "html": "a part of the HTML that is no text"}


class Notices:
    """The warnings of one utterance. Each kind is told once, in its lane."""

    def __init__(self, context: str, lane: Lane) -> None:
        self._context = context
        self._lane = lane
        self._told: set[str] = set()

    def of_language(self, options: Options, info: EngineInfo) -> None:
        """Warn if it is another language's voice that speaks, because none has this one."""
        wanted = options.language
        if wanted and not options.voice and info.voice_for(wanted) is None:
            message = (
                f"no voice speaks {wanted!r}: {info.default_voice!r} does what it can. /v1/voices lists the languages"
            )
            self._tell("unknown_language", message, "language")

    def of_marks(self, marks: Iterable[Mark]) -> None:
        """Warn of what was left out of the text."""
        for mark in marks:
            self._tell(*_left_out(mark), "text")

    def _tell(self, code: str, message: str, field: str) -> None:
        if code not in self._told:
            self._told.add(code)
            self._lane.put(Warned(code, message, field, self._context))


def _left_out(mark: Mark) -> tuple[str, str]:
    """Return the code and the message of the warning about a mark that changed nothing in the speech."""
    if mark.kind == "unknown":
        message = f"{mark.value!r} is no tag that is known here, and was left out: markup=literal has such tags read"
        return "unknown_tag", message
    if mark.kind == "skipped":
        what = _SKIPPED.get(mark.value, mark.value)
        return "text_skipped", f"{what} is not spoken: markup=off has a text read as it is written"
    return "unsupported_tag", f"the engine has no {mark.value!r}, which was left out: /v1/voices lists the tags it has"
