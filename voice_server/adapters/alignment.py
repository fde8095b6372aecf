"""Characters and when they sound, cut up to go with the messages that hold their sound. For the ElevenLabs dialect."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from voice_server.messages import AudioOut, Started, Token


@dataclass(frozen=True, slots=True)
class Aligned:
    """Characters, and when they begin and how long they last, in milliseconds on the utterance's clock.

    The first begins not before `origin`, where those before it ended; each lasts until the next begins.
    """

    origin: int
    chars: list[str]
    starts: list[int]
    durations: list[int]

    @property
    def relative(self) -> list[int]:
        """When they begin, counted from `origin`."""
        return [start - self.origin for start in self.starts]

    @property
    def ends(self) -> list[int]:
        """When they end."""
        return [start + duration for start, duration in zip(self.starts, self.durations, strict=True)]


class Alignment:
    """The characters of one utterance, as they become known, until they are handed out with their audio.

    What is handed out lasts exactly as long as the audio since: clients that take the end of what they are told for
    the time that has passed stay right. Silence after a space is told as more of it, since a client may only look at
    the clock where there are characters. Spaces before the first word are left out: such a client leaves them out too.
    """

    def __init__(self, started: Started) -> None:
        self._rate = started.options.sample_rate
        self._pre_skip = started.pre_skip
        self._waiting: deque[Token] = deque()
        self._told_to = 0
        self._last = ""

    def add(self, tokens: Iterable[Token]) -> None:
        """Take characters, in order."""
        self._waiting.extend(tokens)

    def take(self, audio: AudioOut) -> Aligned | None:
        """Return the characters that begin in some audio or, if it was not told, before; None if there are none."""
        end_ms = round((audio.first_sample + audio.num_samples - self._pre_skip) * 1000 / self._rate)
        waiting = self._waiting
        taken: list[Token] = []
        while waiting and waiting[0].start_ms < end_ms:
            taken.append(waiting.popleft())
        return self._tell(taken, end_ms)

    def silence(self, audio: AudioOut) -> Aligned | None:
        """Return a space as long as some audio in which no character begins, where that changes nothing; else None."""
        end_ms = round((audio.first_sample + audio.num_samples - self._pre_skip) * 1000 / self._rate)
        if not self._last.isspace() or end_ms <= self._told_to:
            return None
        return self._tell([Token(" ", self._told_to, end_ms)], end_ms)

    def flush(self) -> Aligned | None:
        """Return what is left when all audio so far has been sent."""
        taken = list(self._waiting)
        self._waiting.clear()
        return self._tell(taken, max([self._told_to, *(round(token.end_ms) for token in taken)]))

    def rest(self) -> Aligned | None:
        """Return what is left at the end. There is a space behind the last word: some clients wait for one."""
        last = self._waiting[-1] if self._waiting else Token(self._last, self._told_to, self._told_to)
        if last.text and not last.text.isspace():
            self._waiting.append(Token(" ", last.end_ms, last.end_ms))
        return self.flush()

    def _tell(self, taken: list[Token], end_ms: int) -> Aligned | None:
        if not self._last:
            while taken and taken[0].text.isspace():
                del taken[0]
        if not taken:
            return None
        origin = self._told_to
        starts: list[int] = []
        for token in taken:
            starts.append(max(round(token.start_ms), starts[-1] if starts else origin))
        end_ms = max(end_ms, starts[-1])
        durations = [following - start for start, following in zip(starts, [*starts[1:], end_ms], strict=True)]
        self._told_to, self._last = end_ms, taken[-1].text
        return Aligned(origin, [token.text for token in taken], starts, durations)
