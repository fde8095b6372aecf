"""Words that change how their neighbours are read or where text may be cut: data only."""

from __future__ import annotations

from engine.text.languages import WORDS
from engine.text.languages.words import names

ABBREVIATIONS = (
    names(
        """
        dr mr mrs ms prof sr jr st rev hon gen col capt lt sgt gov pres rep sen messrs mme mlle vs etc fig figs vol pp
        approx dept inc ltd corp bros cf viz ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec usw bzw nr str
        hr sra srta av tel rs mt डॉ डा प्रो पं कु मो सं रु रू ডা
        """
    )
    | frozenset().union(*(words.abbreviations for words in WORDS.values()))
) - names("min max ई जन")
"""Words whose full stop ends no sentence, in lower case."""

_MONTHS = """
january jan जनवरी जन
february feb फ़रवरी फरवरी फ़र
march mar मार्च
april apr अप्रैल
may मई
june jun जून
july jul जुलाई जुल
august aug अगस्त अग
september sep sept सितंबर सितम्बर सित
october oct अक्टूबर अक्तूबर अक्टू
november nov नवंबर नवम्बर नव
december dec दिसंबर दिसम्बर दिस
"""
MONTHS = {name: number for number, line in enumerate(_MONTHS.split("\n")) for name in line.split()}
"""Spellings of months in lower case, without a full stop, and their numbers."""
WEEKDAYS = {
    name: line.split()[0]
    for line in (
        "Monday Mon",
        "Tuesday Tue Tues",
        "Wednesday Wed",
        "Thursday Thu Thur Thurs",
        "Friday Fri",
        "Saturday Sat",
        "Sunday Sun",
    )
    for name in line.split()
}
"""Short names of weekdays, and the full ones."""

YEAR_CUES = {language: words.year_cues for language, words in WORDS.items() if words.year_cues}
"""Words after which four digits are a year, as they are after a month."""
LOOSE_YEAR_CUES = {"en": names("the of to A year ©")}
"""Words after which four digits are a year if it is of this or the last century."""
LOOSE_YEAR_FOLLOWERS = {"hi": names("के का की से तक")}
"""Words before which they are."""
ERAS = names("AD BC BCE CE A.D B.C B.C.E C.E ई ईस्वी ईसा ई.पू")
"""What is written beside a year of any size."""
YEAR_FOLLOWERS = {language: words.year_followers for language, words in WORDS.items() if words.year_followers}
"""Words before which four digits are a year."""

TYPED_CUES = names("otp pin code zip passcode call dial ending ओटीपी पिन कोड ओ.टी.पी")
"""Words after which figures are read one by one."""

SCALES = {language: words.scales for language, words in WORDS.items() if words.scales}
"""Words that multiply the number before them, and how they are said."""
