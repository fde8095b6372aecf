# ruff: noqa: RUF001  # the multiplication sign is meant
"""What each language says for signs and amounts: data only. Without an entry they stay as written."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Currency:
    """Words for amounts of money; a language without plurals names each word twice."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words around numbers. `signs` are spoken where they stand alone; an empty word means: leave as written."""

    point: str
    minus: str
    plus: str
    percent: str
    joined_by: str = ""
    currencies: dict[str, Currency] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)


def _money(rupees: str, dollars: str) -> dict[str, Currency]:
    return {"₹": Currency(rupees, rupees), "$": Currency(dollars, dollars)}


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS: dict[str, Words] = {
    "en": Words(
        "point",
        "minus",
        "plus",
        "percent",
        "and",
        {
            "$": Currency("dollar", "dollars", "cent", "cents"),
            "€": Currency("euro", "euros", "cent", "cents"),
            "£": Currency("pound", "pounds", "penny", "pence"),
            "₹": Currency("rupee", "rupees", "paisa", "paise"),
            "¥": Currency("yen", "yen"),
        },
        {
            "&": "and",
            "+": "plus",
            "=": "equals",
            "@": "at",
            "%": "percent",
            "×": "times",
            "÷": "divided by",
            "±": "plus or minus",
            "≈": "about",
        },
    ),
    "hi": Words(
        "दशमलव",
        "माइनस",
        "प्लस",
        "प्रतिशत",
        "",
        {
            "₹": Currency("रुपया", "रुपये", "पैसा", "पैसे"),
            "$": Currency("डॉलर", "डॉलर", "सेंट", "सेंट"),
            "€": Currency("यूरो", "यूरो", "सेंट", "सेंट"),
            "£": Currency("पाउंड", "पाउंड", "पेंस", "पेंस"),
            "¥": Currency("येन", "येन"),
        },
        {"&": "और", "+": "प्लस", "=": "बराबर", "@": "ऐट", "%": "प्रतिशत", "×": "गुणा", "÷": "भाग"},
    ),
    "as": Words("দশমিক", "মাইনাছ", "প্লাছ", "শতাংশ", "", _money("টকা", "ডলাৰ")),
    "bn": Words("দশমিক", "মাইনাস", "প্লাস", "শতাংশ", "", _money("টাকা", "ডলার")),
    "gu": Words("પોઈન્ટ", "માઈનસ", "પ્લસ", "ટકા", "", _money("રૂપિયા", "ડોલર")),
    "kn": Words("ಪಾಯಿಂಟ್", "ಮೈನಸ್", "ಪ್ಲಸ್", "ಪ್ರತಿಶತ", "", _money("ರೂಪಾಯಿ", "ಡಾಲರ್")),
    "ml": Words("പോയിന്റ്", "മൈനസ്", "പ്ലസ്", "ശതമാനം", "", _money("രൂപ", "ഡോളർ")),
    "mr": Words("पॉइंट", "मायनस", "प्लस", "टक्के", "", _money("रुपये", "डॉलर")),
    "ne": Words("दशमलव", "माइनस", "प्लस", "प्रतिशत", "", _money("रुपैयाँ", "डलर")),
    "or": Words("ଦଶମିକ", "ମାଇନସ୍", "ପ୍ଲସ୍", "ପ୍ରତିଶତ", "", _money("ଟଙ୍କା", "ଡଲାର")),
    "pa": Words("ਦਸ਼ਮਲਵ", "ਮਾਈਨਸ", "ਪਲੱਸ", "ਫ਼ੀਸਦੀ", "", _money("ਰੁਪਏ", "ਡਾਲਰ")),
    "ta": Words("புள்ளி", "மைனஸ்", "பிளஸ்", "சதவீதம்", "", _money("ரூபாய்", "டாலர்")),
    "te": Words("పాయింట్", "మైనస్", "ప్లస్", "శాతం", "", _money("రూపాయలు", "డాలర్లు")),
    "ur": Words("اعشاریہ", "منفی", "پلس", "فیصد", "", _money("روپے", "ڈالر")),
}

MAGNITUDES = {
    "en": {
        "k": "thousand",
        "m": "million",
        "mn": "million",
        "b": "billion",
        "bn": "billion",
        "tn": "trillion",
        "cr": "crore",
    },
    "hi": {"k": "हज़ार", "m": "मिलियन", "mn": "मिलियन", "b": "बिलियन", "bn": "बिलियन", "cr": "करोड़"},
}
"""Letters that multiply an amount of money they are written to."""

DECIMAL_COMMA = _tags(
    "az be bg ca cs da de el eo es et fi fr hr hu id is it kk lt lv nb nl nn no pl pt ro ru sk sl sr sv tr uk vi"
)
"""Languages that write 1.234,5."""

HINDI_ORDINALS = {1: "पहल", 2: "दूसर", 3: "तीसर", 4: "चौथ", 6: "छठ"}
"""Stems of the irregular ordinals; their ending follows the one that is written."""
HINDI_ORDINAL_ENDINGS = {
    "वाँ": "ा", "वां": "ा", "ला": "ा", "रा": "ा", "था": "ा", "ठा": "ा",
    "वीं": "ी", "वी": "ी", "ली": "ी", "री": "ी", "थी": "ी", "ठी": "ी",
    "वें": "े", "वे": "े", "ले": "े", "रे": "े", "थे": "े", "ठे": "े",
}  # fmt: skip
HINDI_REGULAR_ENDINGS = {"ा": "वाँ", "ी": "वीं", "े": "वें"}
