"""What an utterance is, written from its definition: whole segments, each shaped by its fades, added up in place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.audio.crossfade import fade_in, fade_out
from engine.audio.encoder import NOT_PADDED, Padding
from engine.tail import SEAM
from engine.tone import ToneEngine
from engine.types import TAIL_RATE, Chunk, Pcm
from tests.engine.build import build_segment


@dataclass(frozen=True)
class Part:
    """A segment to be assembled: its samples, the gap before it, where its chunks are cut, and what follows."""

    pcm: Pcm
    gap_ms: int = 0
    cuts: tuple[int, ...] = ()
    released: bool = False


def assemble(parts: list[Part], padding: Padding = NOT_PADDED) -> Pcm:
    """Return the utterance of these segments, at 48 kHz, with silence after those that are released."""
    whole = np.zeros(0, np.float32)
    room, gap, padded_to = 0, 0, 0
    for part in parts:
        gap = max(gap, part.gap_ms * TAIL_RATE // 1000)
        shaped, size = part.pcm.copy(), part.pcm.size
        edge = min(SEAM, size)
        if size:
            start = whole.size
            if start and gap:
                start += gap
            elif start:
                shared = min(room, size) or edge
                shaped[:shared] *= fade_in(shared)
                start -= min(room, size)
            shaped[size - edge :] *= fade_out(edge)
            whole = np.concatenate((whole, np.zeros(start + size - whole.size, np.float32)))
            whole[start:] += shaped
            room, gap = edge, 0
        if part.released:
            room = 0
            if whole.size > padded_to:
                padded_to = -(-(whole.size + padding.room) // padding.grid) * padding.grid
                whole = np.concatenate((whole, np.zeros(padded_to - whole.size, np.float32)))
    return whole


def spoken(text: str) -> Pcm:
    """Return one segment as the tone engine makes it, at 48 kHz."""
    engine, segment = ToneEngine(chunk_ms=60_000), build_segment(text)
    engine.add(segment)
    (chunk,) = (output for output in engine.step({segment.id: 0.0}) if isinstance(output, Chunk))
    return chunk.pcm
