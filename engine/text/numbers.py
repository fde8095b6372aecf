"""Numbers to words: indic-numtowords for the languages of India, num2words for the others, and what they get wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

INDIC: Final = frozenset(
    [
        *("as", "bn", "brx", "doi", "gu", "hi", "kn", "kok", "ks", "mai", "ml", "mni"),
        *("mr", "ne", "or", "pa", "sa", "sat", "ta", "te", "ur"),
    ]
)
"""Languages of indic-numtowords. Its Sindhi is left out: it fails from 100 on."""

_RENAMED = {"kk": "kz", "nb": "no", "nn": "no"}
"""BCP 47 to num2words."""
_LEFT_OUT: Final = frozenset({"am", "bn", "kn", "te"})
"""Languages num2words knows badly: Amharic never returns from a large number, the others are wrong or incomplete."""
_NO_DECIMALS: Final = frozenset({"ar", "ce", "cy", "fa", "id", "it", "tr", "vi"})
"""Languages whose decimals num2words loses or fails on."""

_CORRECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "da": (("^en millioner", "en million"), ("^en milliarder", "en milliard")),
    "en": (("(?<=[a-z]),", ""),),
    "kn": (("ಸಾವಿರದ$", "ಸಾವಿರ"), ("ಲಕ್ಷದ$", "ಲಕ್ಷ")),
    "mr": (("ज़", "ज"),),
    "pt_BR": ((",", ""),),
    "ta": (("\u200c", ""), ("ஓன்பது", "ஒன்பது")),
    "ur": (("پاںچ", "پانچ"),),
}
"""Mistakes of both libraries, as (pattern, replacement) over what they return."""
_CORRECTED_WORDS: dict[str, dict[str, str]] = {
    "hi": {  # the spellings of the Central Hindi Directorate
        "छः": "छह",
        "अट्ठारह": "अठारह",
        "चौंतालीस": "चवालीस",
        "तिरेपन": "तिरपन",
        "तिरेसठ": "तिरसठ",
        "छयासठ": "छियासठ",
        "सरसठ": "सड़सठ",
        "उन्यासी": "उनासी",
        "सत्तासी": "सतासी",
        "पचानवे": "पंचानवे",
        "सत्तानवे": "सतानवे",
        "अट्ठानवे": "अठानवे",
    },
}
"""Whole words that they spell otherwise than the standard."""
_WRONG_NUMBERS: dict[tuple[str, int], str] = {("kn", 83): "ಎಂಬತ್ತಮೂರು"}
"""Numbers whose words are another number's."""

_KANNADA_JOINING = (("ರು$", "ರ"), ("ಸಾವಿರ$", "ಸಾವಿರದ"), ("ಲಕ್ಷ$", "ಲಕ್ಷದ"))
"""Words before a rest: one hundred, one thousand, one lakh (and ...)."""

_ABOVE_CRORES = {"hi": ((10**11, "खरब"), (10**9, "अरब"))}
"""Names of numbers beyond what indic-numtowords reads; elsewhere they are counted in crores of crores."""
_LIBRARY_ERRORS = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)
_LARGEST: Final = 10**15
_CRORE: Final = 10**7
_INDIC_LIMIT: Final = 10**9


@cache
def _indic() -> Callable[..., Any]:
    from indic_numtowords import num2words  # 0.1 s of import: paid with the first number

    words: Callable[..., Any] = num2words
    return words


@cache
def _general() -> tuple[Callable[..., Any], frozenset[str]]:
    import num2words

    return num2words.num2words, frozenset(num2words.CONVERTER_CLASSES) - _LEFT_OUT


@cache
def speaks_numbers(language: str) -> bool:
    """Whether there are number words for a lower-case tag like `en`, `en-in` or `hi`."""
    return _primary(language) in INDIC or _converter(language) is not None


def _primary(language: str) -> str:
    return language.partition("-")[0]


@cache
def _converter(language: str) -> str | None:
    known = _general()[1]
    primary, _, region = language.partition("-")
    name = _RENAMED.get(primary, primary)
    for candidate in (f"{name}_{region.upper()}", name):
        if candidate in known:
            return candidate
    return None


@lru_cache(maxsize=4096)
def cardinal(number: int, language: str) -> str | None:
    """Return the words of a number from 0 on, or None where no library has them."""
    if number >= _LARGEST:
        return None
    if _primary(language) in INDIC:
        return _indic_cardinal(number, _primary(language))
    return _call(number, language, "cardinal")


@lru_cache(maxsize=1024)
def ordinal(number: int, language: str) -> str | None:
    """Return the words of an ordinal in a language of num2words, or None."""
    return _call(number, language, "ordinal") if number < _LARGEST else None


@lru_cache(maxsize=1024)
def year(number: int, language: str) -> str | None:
    """Return how a year is read, or None where it is read like any number."""
    if _primary(language) == "en":
        return _call(number, "en", "year")
    if _primary(language) == "hi" and 1100 <= number < 2000:
        rest = number % 100
        return " ".join(filter(None, (cardinal(number // 100, "hi"), "सौ", cardinal(rest, "hi") if rest else None)))
    return None


def digits(figures: str, language: str) -> str | None:
    """Return a string of digits read one by one, or None."""
    words = [cardinal(int(figure), language) for figure in figures]
    return " ".join(word for word in words if word) if all(words) else None


def decimal(whole: str, fraction: str, language: str, point: str) -> str | None:
    """Return a decimal number's words; an empty `point` means the word of the library."""
    if point:
        before, after = cardinal(int(whole or "0"), language), digits(fraction, language)
        return f"{before} {point} {after}" if before and after else None
    if _primary(language) in _NO_DECIMALS:
        return None
    return _call(f"{whole or '0'}.{fraction}", language, "cardinal")


def _call(number: int | str, language: str, form: str) -> str | None:
    converter = _converter(language)
    if converter is None:
        return None
    try:
        words = _general()[0](number, lang=converter, to=form)
    except _LIBRARY_ERRORS:
        return _call(number, "en", form) if converter.startswith("en_") else None
    primary = converter.partition("_")[0]
    return _corrected(str(words), converter if converter in _CORRECTIONS else primary)


def _indic_cardinal(number: int, language: str) -> str | None:
    if (language, number) in _WRONG_NUMBERS:
        return _WRONG_NUMBERS[language, number]
    if number >= _INDIC_LIMIT:  # from here on the library reads digits
        return _crores(number, language)
    if language == "kn" and number > 100 and number % 100:
        return _kannada(number)
    try:
        return _corrected(str(_indic()(number, lang=language)), language)
    except _LIBRARY_ERRORS:
        return None


def _crores(number: int, language: str) -> str | None:
    if language in _ABOVE_CRORES:
        size, name = next(pair for pair in _ABOVE_CRORES[language] if number >= pair[0])
        rest = number % size
        parts = (_indic_cardinal(number // size, language), name, _indic_cardinal(rest, language) if rest else None)
        return " ".join(filter(None, parts))
    crores, rest = divmod(number, _CRORE)
    name = (_indic_cardinal(_CRORE, language) or "").rpartition(" ")[2]
    many = _indic_cardinal(crores, language)
    if not name or not many:
        return None
    return " ".join(filter(None, (many, name, _indic_cardinal(rest, language) if rest else None)))


def _kannada(number: int) -> str | None:
    """The library cuts short what follows hundreds; said apart, the part before takes its joining form."""
    rest = number % 100
    before, after = _indic_cardinal(number - rest, "kn"), _indic_cardinal(rest, "kn")
    if not before or not after:
        return None
    for pattern, joining in _KANNADA_JOINING:
        before = re.sub(pattern, joining, before)
    return f"{before} {after}"


def _corrected(words: str, language: str) -> str:
    for pattern, replacement in _CORRECTIONS.get(language, ()):
        words = re.sub(pattern, replacement, words)
    if table := _CORRECTED_WORDS.get(language):
        words = " ".join(table.get(word, word) for word in unicodedata.normalize("NFC", words).split(" "))
    return words
