"""Who speaks for the voices that every client of OpenAI's knows, and some clients know alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import cycle

from engine.types import EngineInfo

FEMALE = ("alloy", "coral", "marin", "nova", "sage", "shimmer")

MALE = ("ash", "ballad", "cedar", "echo", "fable", "onyx", "verse")


def stand_ins(info: EngineInfo) -> Mapping[str, str]:
    """Return a voice for each of the names: a variant of the default one where there are any, else that itself.

    Variants called f1, f2, ... and m1, m2, ... are those of women and men.
    """
    return dict(sorted((_cast(FEMALE, "f", info) | _cast(MALE, "m", info)).items()))


def _cast(names: tuple[str, ...], initial: str, info: EngineInfo) -> dict[str, str]:
    of_gender = sorted(name for name in info.variants if re.fullmatch(rf"{initial}\d+", name))
    voices = [f"{info.default_voice}+{variant}" for variant in of_gender] or [info.default_voice]
    return {name: voice for name, voice in zip(names, cycle(voices), strict=False) if info.voice(name) is None}
