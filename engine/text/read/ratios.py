"""Fractions, ratios, versions, powers: numbers joined by a mark inside one token, or a fraction after a number."""

from __future__ import annotations

import re
import unicodedata

from engine.text.figures import NUMBER, parse
from engine.text.read.chain import Chain, Reading, stop_if
from engine.text.say.general import Verbalizer
from engine.text.symbols import UNITS

_PLAIN_FRACTION = re.compile(r"(\d{1,3})[/⁄](\d{1,3})")
_RATIO = re.compile(r"\d{1,4}(?:\.\d{1,3})?(?::\d{1,4}(?:\.\d{1,3})?){1,3}")
_SIZE = re.compile(r"\d{1,5}(?:[x×]\d{1,5})+")
_OUT_OF = re.compile(r"(\d{1,2}\.\d{1,2})/(\d{1,3})")
_VERSION = re.compile(r"(v|V|ver\.?)?(\d{1,6}(?:\.\d{1,6})*)")
_SCIENTIFIC = re.compile(rf"([-−+]?)({NUMBER})[eE]([-−+]?)(\d{{1,3}})")
_POWER = re.compile(rf"([A-Za-z]|{NUMBER})(?:\^([-−]?\d{{1,4}}|[A-Za-z])|([⁰¹²³⁴-⁹⁻]{{1,5}}))")
_FEET = re.compile(r'(\d{1,2})[\'’′](?:(\d{1,2})["”″])?')


def fraction(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `3/4`, `½`, `2½`, `1 1/2 cups`, `24/7`."""
    core = chain.core(at)
    if core in voice.words.figures_of_speech:
        return Reading(voice.words.figures_of_speech[core])
    head, dash, thing = core.partition("-")
    if dash and thing.isalpha() and (parts := _parts(head)) and (spoken := voice.fraction(*parts)):
        return Reading(f"{spoken} {thing}")
    used, parts = 1, _parts(core)
    if parts is None and core.isdecimal() and len(core) < 4:
        after = _parts(chain.after(at))
        if after and not after[0]:
            used, parts = 2, (int(core), *after[1:])
    spoken = voice.fraction(*parts) if parts else None
    if not spoken or not parts:
        return None
    symbol = chain.after(at + used - 1)
    if symbol in UNITS and (name := voice.unit(UNITS[symbol], not parts[0])):
        return Reading(
            f"{spoken} {name}",
            used + 1,
            stop_if(chain.close(at + used)[:1] == "." and symbol in voice.words.abbreviations),
        )
    return Reading(spoken, used)


def _parts(core: str) -> tuple[int, int, int] | None:
    """Return the whole number, numerator and denominator of `3/4`, `½` or `2½`."""
    if match := _PLAIN_FRACTION.fullmatch(core):
        return 0, int(match[1]), int(match[2])
    if (
        core
        and not core.isascii()
        and unicodedata.numeric(core[-1], -1.0) % 1
        and (core[:-1].isdecimal() or not core[:-1])
    ):
        top, _, bottom = unicodedata.normalize("NFKC", core[-1]).partition("⁄")
        return (int(core[:-1] or "0"), int(top), int(bottom)) if bottom and len(core) < 5 else None
    return None


def ratio(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `2:1`."""
    core = chain.core(at)
    if not _RATIO.fullmatch(core) or not voice.words.to:
        return None
    parts = [figures and voice.figures(figures) for figures in map(parse, core.split(":"))]
    return Reading(f" {voice.words.to} ".join(part for part in parts if part)) if all(parts) else None


def size(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `4x4`, `1920x1080`, `4.5/5`."""
    core, words = chain.core(at), voice.words
    if _SIZE.fullmatch(core) and words.by:
        parts = [voice.cardinal(int(part)) for part in re.split("[x×]", core)]
        return Reading(f" {words.by} ".join(part for part in parts if part))
    match = _OUT_OF.fullmatch(core)
    mark, most = (parse(match[1]), voice.cardinal(int(match[2]))) if match else (None, None)
    return Reading(f"{voice.figures(mark)} {words.out_of} {most}") if mark and most and words.out_of else None


def version(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `v2.5.1`, `1.2.3`: each part as a number of its own."""
    match = _VERSION.fullmatch(chain.core(at))
    if not match or not (match[1] or match[2].count(".") > 1) or (match[1] and not voice.words.version):
        return None
    parts = [voice.cardinal(int(part)) for part in match[2].split(".")]
    spoken = f" {voice.words.version_point or voice.words.point} ".join(part for part in parts if part)
    return Reading(f"{voice.words.version} {spoken}" if match[1] else spoken) if all(parts) else None


def power(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `1e-3`, `2^10`, `x²`."""
    core, words = chain.core(at), voice.words
    if match := _SCIENTIFIC.fullmatch(core):
        mantissa, figures = parse(match[2]), f"{match[3]}{match[4]}"
        base = mantissa and voice.signed(voice.figures(mantissa), match[1])
        return _raised(f"{base} {words.signs.get('×')} {voice.cardinal(10)}", figures, voice) if base else None
    match = _POWER.fullmatch(core)
    if not match:
        return None
    figures = match[2] or unicodedata.normalize("NFKC", match[3]).replace("−", "-")
    number = parse(match[1]) if not match[1].isalpha() else None
    base = voice.figures(number) if number else match[1] if match[1].isalpha() else None
    return _raised(base, figures, voice) if base else None


def feet(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `5'11"`."""
    match = _FEET.fullmatch(chain.core(at))
    if not match or not voice.full:
        return None
    parts = [f"{voice.cardinal(int(match[1]))} {voice.unit('length-foot', match[1] == '1')}"]
    if match[2]:
        parts.append(f"{voice.cardinal(int(match[2]))} {voice.unit('length-inch', match[2] == '1')}")
    return Reading(" ".join(parts))


def _raised(base: str, figures: str, voice: Verbalizer) -> Reading | None:
    words = voice.words
    if named := words.powers.get(figures):
        return Reading(f"{base} {named}")
    digits = figures.lstrip("-−+")
    exponent = (
        voice.signed(voice.cardinal(int(digits)), "-" if figures[0] in "-−" else "") if digits.isdecimal() else digits
    )
    return Reading(f"{base} {words.power} {exponent}") if exponent and words.power else None
