"""Words that change how their neighbours are read or where text may be cut: data only."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS = _words(
    """
    dr mr mrs ms prof sr jr st rev hon gen col capt lt sgt gov pres rep sen messrs mme mlle vs etc fig figs vol pp
    approx dept inc ltd corp bros cf viz ave blvd rd jan feb apr jul aug sep sept oct nov dec usw bzw nr str hr sra srta
    av tel rs डॉ डा प्रो पं कु मो सं रु रू ডা
    """
)
"""Words whose full stop ends no sentence, in lower case."""

YEAR_CUES = {
    "en": _words(
        """
        in since circa year until till during january february march april may june july august september october
        november december spring summer autumn winter jan feb mar apr jun jul aug sep sept oct nov dec
        """
    ),
    "hi": _words(
        """
        सन सन् वर्ष साल जनवरी फ़रवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर
        नवंबर नवम्बर दिसंबर दिसम्बर
        """
    ),
}
"""Words after which four digits are a year."""
YEAR_FOLLOWERS = {"hi": _words("में ई ई. ईस्वी")}
"""Words before which four digits are a year."""

CURRENCY_WORDS = {
    **dict.fromkeys(("rs", "rs.", "inr", "रु", "रु.", "रू", "रू."), "₹"),
    **{"usd": "$", "eur": "€", "gbp": "£"},
}
"""Words that name the currency of the number after them."""

SCALES = {
    "en": {word: word for word in ("thousand", "million", "billion", "trillion", "lakh", "crore")},
    "hi": {
        **{word: word for word in ("लाख", "करोड़", "अरब", "खरब", "मिलियन", "बिलियन")},
        **dict.fromkeys(("हज़ार", "हजार"), "हज़ार"),
        **{"million": "मिलियन", "billion": "बिलियन", "lakh": "लाख", "crore": "करोड़"},
    },
}
"""Words that multiply the number before them, and how they are said."""
