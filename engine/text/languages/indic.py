"""The other languages of India, on the general path: data only."""

from __future__ import annotations

from engine.text.languages.words import Currency, Words


def _words(point: str, minus: str, plus: str, percent: str, rupees: str, dollars: str) -> Words:
    money = {"INR": Currency(rupees, rupees), "USD": Currency(dollars, dollars)}
    return Words(point, minus, plus, percent, currencies=money)


WORDS: dict[str, Words] = {
    "as": _words("দশমিক", "মাইনাছ", "প্লাছ", "শতাংশ", "টকা", "ডলাৰ"),
    "bn": _words("দশমিক", "মাইনাস", "প্লাস", "শতাংশ", "টাকা", "ডলার"),
    "gu": _words("પોઈન્ટ", "માઈનસ", "પ્લસ", "ટકા", "રૂપિયા", "ડોલર"),
    "kn": _words("ಪಾಯಿಂಟ್", "ಮೈನಸ್", "ಪ್ಲಸ್", "ಪ್ರತಿಶತ", "ರೂಪಾಯಿ", "ಡಾಲರ್"),
    "ml": _words("പോയിന്റ്", "മൈനസ്", "പ്ലസ്", "ശതമാനം", "രൂപ", "ഡോളർ"),
    "mr": _words("पॉइंट", "मायनस", "प्लस", "टक्के", "रुपये", "डॉलर"),
    "ne": _words("दशमलव", "माइनस", "प्लस", "प्रतिशत", "रुपैयाँ", "डलर"),
    "or": _words("ଦଶମିକ", "ମାଇନସ୍", "ପ୍ଲସ୍", "ପ୍ରତିଶତ", "ଟଙ୍କା", "ଡଲାର"),
    "pa": _words("ਦਸ਼ਮਲਵ", "ਮਾਈਨਸ", "ਪਲੱਸ", "ਫ਼ੀਸਦੀ", "ਰੁਪਏ", "ਡਾਲਰ"),
    "ta": _words("புள்ளி", "மைனஸ்", "பிளஸ்", "சதவீதம்", "ரூபாய்", "டாலர்"),
    "te": _words("పాయింట్", "మైనస్", "ప్లస్", "శాతం", "రూపాయలు", "డాలర్లు"),
    "ur": _words("اعشاریہ", "منفی", "پلس", "فیصد", "روپے", "ڈالر"),
}
