"""Which of the library's voices are offered, under which ids and languages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

from engine._espeak_ng import ListedVoice
from engine.types import Voice

DEFAULT_VOICE = "en-us"

LEFT_OUT = {
    "gmq/fo": "silent: the wheel has no Faroese dictionary",
    "trk/kaa": "silent: the wheel has no Karakalpak dictionary",
    "art/xex": "silent: the wheel has no dictionary for it",
    "sit/my": "aborts the process at two ordinary Burmese sentences",
    "esx/kl": "crashes the process at a zero: 0, 0.5, 7,890, 007",
}
"""Voices of the wheel (1.52) that are not offered, by identifier, each with its reason."""

_RENAMED = {
    "iro/chr": ("chr", "chr-US"),
    "sit/cmn": ("cmn", "zh"),
    "sit/cmn-Latn-pinyin": ("cmn-latn-pinyin", "zh-Latn-pinyin"),
    "sit/yue-Latn-jyutping": ("yue-latn-jyutping", "yue-Latn-jyutping"),
    "gmq/nb": ("nb", "no"),
    "art/piqd": ("piqd", "tlh-Piqd"),
}
"""Identifier -> (id, language) where the first tag of the library is shared, or not what a client would send."""


def offered(listed: Iterable[ListedVoice]) -> dict[Voice, str]:
    """Return the voices to offer, each with its identifier; of one language the plainest first."""
    usable = [voice for voice in listed if voice.identifier not in LEFT_OUT]
    described = {_described(voice): voice.identifier for voice in usable}
    order = sorted(described, key=lambda voice: (_primary(voice), len(described[voice]), voice.id))
    return {voice: described[voice] for voice in order}


def variants(data_path: Path) -> tuple[str, ...]:
    """Return the variants in the wheel's data: other throats and effects, for any voice."""
    return tuple(sorted(path.name for path in (data_path / "voices" / "!v").iterdir()))


def _described(listed: ListedVoice) -> Voice:
    voice_id, language = _RENAMED.get(listed.identifier, (listed.tag.lower(), _cased(listed.tag)))
    gender = cast(Literal["female", "male"] | None, listed.gender)
    return Voice(voice_id, listed.name.strip(), language, gender)


def _primary(voice: Voice) -> str:
    return voice.language.partition("-")[0]


def _cased(tag: str) -> str:
    """Return a tag in the usual case: en-US, fa-Latn, vi-VN-x-central."""
    parts = tag.lower().split("-")
    cut = parts.index("x") if "x" in parts else len(parts)
    cased = [{2: str.upper, 4: str.title}.get(len(part), str.lower)(part) for part in parts[1:cut]]
    return "-".join([parts[0], *cased, *parts[cut:]])
