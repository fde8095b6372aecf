"""What the two ends of an engine process say to each other: plain tuples, marshalled, each with its length before it.

Both ends are this program, so the format is no one else's concern. marshal is several times faster than pickle.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from typing import Any

from engine.commands import Abort, Close, Command, Flush, Open, Position, Submit
from engine.types import Delivery, EngineInfo, Failed, Output, Segment, Span, Timing, Voice, Word

INFO, PONG, MADE, LEARNT, PROGRESS, COUNTS = range(6)
"""What the child says: (INFO, engine info), (PONG, load, queued_s), (MADE, [delivery, ...], load, queued_s).

Also (LEARNT, ask, problem, engine info), to what `engine.learning` asks; (PROGRESS, what, done, total) while the engine
starts; and (COUNTS, {name: number}) now and then, of an engine that counts what it does.
"""

PING = ("ping",)
"""Down goes first (target, options), then lists of commands, this one among them."""

_HEADER = 4


def pack(message: tuple[Any, ...] | list[Any]) -> bytes:
    """Return one message as it goes over the wire."""
    body = marshal.dumps(message)
    return len(body).to_bytes(_HEADER, "little") + body


class Inbox:
    """Puts messages together again from pieces of any length."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[Any]:
        """Take what came; yield the messages that are complete."""
        self._data += data
        while (end := _HEADER + int.from_bytes(self._data[:_HEADER], "little")) <= len(self._data) >= _HEADER:
            body = bytes(memoryview(self._data)[_HEADER:end])
            del self._data[:end]
            yield marshal.loads(body)


def command_to_plain(command: Command) -> tuple[Any, ...]:
    """Return a command as a plain tuple: its name, and what it holds."""
    match command:
        case Open(utterance, output, max_lead_s):
            return "open", utterance, _output_to_plain(output), max_lead_s
        case Submit(segment):
            return "submit", *segment_to_plain(segment)
        case Flush(utterance, flush_id):
            return "flush", utterance, flush_id
        case Position(utterance, played_s):
            return "position", utterance, played_s
        case Abort(utterance):
            return "abort", utterance
        case Close(utterance):
            return "close", utterance


def command_from_plain(plain: tuple[Any, ...]) -> Command:
    """Return the command of a plain tuple."""
    name, *values = plain
    if name == "open":
        utterance, output, max_lead_s = values
        return Open(utterance, Output(*output), max_lead_s)
    if name == "submit":
        return Submit(_segment_from_plain(*values))
    return _FLAT[name](*values)


_FLAT: dict[str, Callable[..., Command]] = {"flush": Flush, "position": Position, "abort": Abort, "close": Close}


def _output_to_plain(output: Output) -> tuple[Any, ...]:
    opus = (output.complexity, output.fec, output.dtx)
    return output.format, output.sample_rate, output.packet_ms, output.bitrate, *opus


def segment_to_plain(segment: Segment) -> tuple[Any, ...]:
    """Return a segment as a plain tuple, its spans first."""
    spans = [(span.text, span.start, span.end, span.tag, span.ipa) for span in segment.spans]
    names = (segment.id, segment.utterance, segment.voice, segment.language)
    factors = (segment.speed, segment.pitch, segment.volume)
    return spans, names, (segment.gap_ms, *factors, segment.seed, segment.emotion, segment.exact)


def _segment_from_plain(spans: list[Any], names: tuple[Any, ...], manner: tuple[Any, ...]) -> Segment:
    segment_id, utterance, voice, language = names
    return Segment(segment_id, utterance, voice, language, tuple(Span(*span) for span in spans), *manner)


def delivery_to_plain(delivery: Delivery) -> tuple[Any, ...]:
    """Return a delivery as a plain tuple, the utterance's id first."""
    words, timing, failed = delivery.words, delivery.timing, delivery.failed
    if not (words or timing or failed):
        return tuple(delivery)
    plain: list[Any] = list(delivery)
    plain[_WORDS] = [(word.start, word.end, word.start_s, word.end_s, word.estimated) for word in words]
    plain[_TIMING] = timing and (timing.first_step_at, timing.first_chunk_at)
    plain[_FAILED] = failed and (failed.segment, failed.message)
    return tuple(plain)


def delivery_from_plain(plain: tuple[Any, ...]) -> Delivery:
    """Return the delivery of a plain tuple."""
    words, timing, failed = plain[_WORDS], plain[_TIMING], plain[_FAILED]
    if not (words or timing or failed):
        return Delivery._make(plain)
    values = list(plain)
    values[_WORDS] = tuple([Word(*word) for word in words])
    values[_TIMING] = timing and Timing(*timing)
    values[_FAILED] = failed and Failed(*failed)
    return Delivery._make(values)


_WORDS, _TIMING, _FAILED = map(Delivery._fields.index, ("words", "timing", "failed"))


def info_to_plain(info: EngineInfo) -> tuple[Any, ...]:
    """Return what an engine is as a plain tuple, its voices first."""
    voices = [(voice.id, voice.name, voice.language, voice.gender) for voice in info.voices]
    names = (info.name, info.sample_rate, info.default_voice)
    return voices, names, (info.variants, info.capacity, info.max_step_s, info.tags, info.aligned, info.controls)


def info_from_plain(voices: list[Any], names: tuple[Any, ...], limits: tuple[Any, ...]) -> EngineInfo:
    """Return what an engine is, of the parts of a plain tuple."""
    name, sample_rate, default_voice = names
    return EngineInfo(name, sample_rate, default_voice, tuple(Voice(*voice) for voice in voices), *limits)
