"""What Babel knows of CLDR for us: months, the order of a date, units, currencies."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name
from babel.units import UnknownUnitError, format_unit

Order = Literal["dmy", "mdy", "ymd"]


@cache
def _locale(language: str) -> Locale | None:
    primary, _, region = language.partition("-")
    for tag in (f"{primary}_{region.upper()}", primary):
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


@cache
def month_names(language: str) -> tuple[str, ...]:
    """Return the twelve months' full names in a language, or nothing."""
    locale = _locale(language)
    return tuple(locale.months["format"]["wide"][number] for number in range(1, 13)) if locale else ()


@cache
def order(language: str) -> Order:
    """Return in which order a language writes the parts of a date in figures."""
    locale = _locale(language)
    letters = "".join(char for char in locale.date_formats["short"].pattern.lower() if char in "dmy") if locale else ""
    seen = "".join(dict.fromkeys(letters))
    return "mdy" if seen == "mdy" else "ymd" if seen == "ymd" else "dmy"


@lru_cache(maxsize=1024)
def unit(key: str, one: bool, language: str) -> str:
    """Return the long name of a unit by its CLDR key (`length-meter`), for one of it or for many; or nothing."""
    locale = _locale(language)
    if locale is None:
        return ""
    number = 1 if one else 2
    try:
        text: str = format_unit(number, key, "long", locale=locale)
    except (UnknownUnitError, LookupError):
        return ""
    return text.replace(str(number), "").replace("\u00a0", " ").strip()


@lru_cache(maxsize=256)
def currency(code: str, one: bool, language: str) -> str:
    """Return the name of a currency by its ISO 4217 code, for one or for many; or nothing where CLDR has none."""
    locale = _locale(language)
    name: str = get_currency_name(code, 1 if one else 2, locale=locale) if locale else ""
    return "" if name == code else name
