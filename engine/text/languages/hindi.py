"""Hindi: data only."""

from __future__ import annotations

from engine.text.languages.english import WORDS as ENGLISH
from engine.text.languages.words import Currency, Words, names, pairs

ORDINALS = {1: "पहल", 2: "दूसर", 3: "तीसर", 4: "चौथ", 6: "छठ"}
"""Stems of the irregular ordinals; their ending follows the one that is written."""
ORDINAL_ENDINGS = {
    "वाँ": "ा", "वां": "ा", "ला": "ा", "रा": "ा", "था": "ा", "ठा": "ा",
    "वीं": "ी", "वी": "ी", "ली": "ी", "री": "ी", "थी": "ी", "ठी": "ी",
    "वें": "े", "वे": "े", "ले": "े", "रे": "े", "थे": "े", "ठे": "े",
}  # fmt: skip
REGULAR_ENDINGS = {"ा": "वाँ", "ी": "वीं", "े": "वें"}

HALVES = {1: "डेढ़", 2: "ढाई"}
"""One and a half, two and a half: words of their own."""

WORDS = Words(
    point="दशमलव",
    minus="माइनस",
    plus="प्लस",
    percent="प्रतिशत",
    to="से",
    per="प्रति",
    version="वर्शन",
    version_point="पॉइंट",
    currencies={
        "INR": Currency("रुपया", "रुपये", "पैसा", "पैसे"),
        "USD": Currency("डॉलर", "डॉलर", "सेंट", "सेंट"),
        "EUR": Currency("यूरो", "यूरो", "सेंट", "सेंट"),
        "GBP": Currency("पाउंड", "पाउंड", "पेंस", "पेंस"),
        "JPY": Currency("येन", "येन"),
        "CNY": Currency("युआन", "युआन"),
        "KRW": Currency("वॉन", "वॉन"),
    },
    signs=pairs(
        """
        &: और
        +: प्लस
        =: बराबर
        @: ऐट
        %: प्रतिशत
        ×: गुणा
        ÷: भाग
        ±: प्लस या माइनस
        ≈: लगभग
        ≠: बराबर नहीं
        ≤: से कम या बराबर
        ≥: से ज़्यादा या बराबर
        <: से कम
        >: से ज़्यादा
        −: माइनस
        √: वर्गमूल
        π: पाई
        °: डिग्री
        #: नंबर
        ₹: रुपये
        $: डॉलर
        €: यूरो
        £: पाउंड
        """
    ),
    inside=pairs(
        """
        .: डॉट
        /: स्लैश
        @: ऐट
        _: अंडरस्कोर
        -: डैश
        :: कोलन
        #: हैश
        ?: प्रश्नचिह्न
        =: बराबर
        &: और
        +: प्लस
        %: प्रतिशत
        ~: टिल्ड
        *: स्टार
        °: डिग्री
        ×: गुणा
        """
    ),
    scales={
        **{word: word for word in ("सौ", "लाख", "करोड़", "अरब", "खरब", "मिलियन", "बिलियन", "ट्रिलियन")},
        **dict.fromkeys(("हज़ार", "हजार"), "हज़ार"),
        **{"million": "मिलियन", "billion": "बिलियन", "lakh": "लाख", "crore": "करोड़", "thousand": "हज़ार"},
        **{"trillion": "ट्रिलियन", "lakhs": "लाख", "crores": "करोड़"},
    },
    magnitudes=pairs(
        """
        k: हज़ार
        m: मिलियन
        mn: मिलियन
        b: बिलियन
        bn: बिलियन
        t: ट्रिलियन
        cr: करोड़
        l: लाख
        """
    ),
    units={
        "temperature-celsius": ("डिग्री सेल्सियस", "डिग्री सेल्सियस"),
        "angle-degree": ("डिग्री", "डिग्री"),
        "length-inch": ("इंच", "इंच"),
        "length-mile": ("मील", "मील"),
        "mass-pound": ("पाउंड", "पाउंड"),
        "times": ("गुना", "गुना"),
        "energy-calorie": ("कैलोरी", "कैलोरी"),
        "decibel": ("डेसिबल", "डेसिबल"),
        "megabit-per-second": ("मेगाबिट प्रति सेकंड", "मेगाबिट प्रति सेकंड"),
        "gigabit-per-second": ("गीगाबिट प्रति सेकंड", "गीगाबिट प्रति सेकंड"),
        "kilobit-per-second": ("किलोबिट प्रति सेकंड", "किलोबिट प्रति सेकंड"),
        "frames-per-second": ("फ़्रेम प्रति सेकंड", "फ़्रेम प्रति सेकंड"),
        "beats-per-minute": ("धड़कन प्रति मिनट", "धड़कन प्रति मिनट"),
        "revolutions-per-minute": ("चक्कर प्रति मिनट", "चक्कर प्रति मिनट"),
        "parts-per-million": ("पार्ट्स पर मिलियन", "पार्ट्स पर मिलियन"),
        "international-unit": ("इंटरनेशनल यूनिट", "इंटरनेशनल यूनिट"),
        "milliampere-hour": ("मिलीएम्पीयर घंटा", "मिलीएम्पीयर घंटे"),
        "length-foot": ("फ़ुट", "फ़ुट"),
        "area-square-foot": ("वर्ग फ़ुट", "वर्ग फ़ुट"),
    },
    abbreviations=pairs(
        """
        डॉ: डॉक्टर
        डा: डॉक्टर
        प्रो: प्रोफ़ेसर
        पं: पंडित
        कु: कुमारी
        श्रीमती: श्रीमती
        मो: मोहम्मद
        कि.मी: किलोमीटर
        कि.ग्रा: किलोग्राम
        से.मी: सेंटीमीटर
        मि.मी: मिलीमीटर
        ई.पू: ईसा पूर्व
        ई: ईस्वी
        जन: जनवरी
        dr: डॉक्टर
        mr: मिस्टर
        mrs: मिसेज़
        vs: बनाम
        etc: इत्यादि
        """
    ),
    counted=pairs(
        """
        सं: संख्या
        क्र: क्रमांक
        पृ: पृष्ठ
        no: नंबर
        नं: नंबर
        """
    ),
    spoken_caps=ENGLISH.spoken_caps,
    short_caps=ENGLISH.short_caps,
    letters=pairs(
        """
        A: ए
        B: बी
        C: सी
        D: डी
        E: ई
        F: एफ़
        G: जी
        H: एच
        I: आई
        J: जे
        K: के
        L: एल
        M: एम
        N: एन
        O: ओ
        P: पी
        Q: क्यू
        R: आर
        S: एस
        T: टी
        U: यू
        V: वी
        W: डब्ल्यू
        X: एक्स
        Y: वाई
        Z: ज़ेड
        """
    ),
    words={"c#": "सी शार्प"},
    spelled_caps=ENGLISH.spelled_caps,
    undotted=names("vs"),
    before_names=names("डॉ डा प्रो पं कु मो dr mr mrs vs"),
    fronts=pairs(
        """
        <: {} से कम
        >: {} से ज़्यादा
        ≈: लगभग
        ~: लगभग
        √: {} का वर्गमूल
        #: नंबर
        """
    ),
    powers={"2": "का वर्ग", "3": "का घन"},
    by="गुणा",
    power="की घात",
    hashtag="हैशटैग",
    year_cues=names("सन सन् वर्ष साल"),
    year_followers=names("में ई ई. ईस्वी ई.पू. ई.पू ईसा"),
)
