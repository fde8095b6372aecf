# ruff: noqa: RUF001  # the look-alikes of other scripts are meant
from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.text.normalize import align, normalize, spans, support
from engine.text.numbers import cardinal, speaks_numbers

ENGLISH = [
    ("Hello, world!", "Hello, world!"),
    ("0", "zero"),
    ("I have 5 cats.", "I have five cats."),
    ("21", "twenty-one"),
    ("105", "one hundred and five"),
    ("1234", "one thousand two hundred and thirty-four"),
    ("1,234", "one thousand two hundred and thirty-four"),
    ("1,234,567", "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
    ("12,34,567", "twelve lakh thirty-four thousand five hundred and sixty-seven"),
    ("1,23", "one, twenty-three"),
    ("3.14", "three point one four"),
    (".5", "zero point five"),
    ("1,000.50", "one thousand point five zero"),
    ("-5", "minus five"),
    ("−5", "minus five"),
    ("+5", "plus five"),
    ("(5)", "(five)"),
    ("“5,” he said", "“five,” he said"),
    ("1st 2nd 3rd 4th 21st", "first second third fourth twenty-first"),
    ("the 100th.", "the one hundredth."),
    ("50%", "fifty percent"),
    ("3.5 %,", "three point five percent,"),
    ("$5", "five dollars"),
    ("$1", "one dollar"),
    ("€3.50", "three euros and fifty cents"),
    ("£0.01", "one penny"),
    ("$1.01", "one dollar and one cent"),
    ("$3.5", "three point five dollars"),
    ("₹1,50,000", "one lakh fifty thousand rupees"),
    ("$5 million.", "five million dollars."),
    ("$2.5 billion", "two point five billion dollars"),
    ("$5M", "five million dollars"),
    ("-$5", "minus five dollars"),
    ("¥500", "five hundred yen"),
    ("5 million people", "five million people"),
    ("Rs. 500", "five hundred rupees"),
    ("(Rs 5 crore)", "(five crore rupees)"),
    ("$5. Million", "five dollars. Million"),
    ("in 1984", "in nineteen eighty-four"),
    ("In 2024, we", "In twenty twenty-four, we"),
    ("since 1905.", "since nineteen oh-five."),
    ("1984 people", "one thousand nine hundred and eighty-four people"),
    ("July 4, 1776", "July fourth, seventeen seventy-six"),
    ("5 May 2010", "the fifth of May twenty ten"),
    ("the 1990s", "the nineteen nineties"),
    ("in 1984.5", "in one thousand nine hundred and eighty-four point five"),
    ("at 9:05", "at nine oh five"),
    ("9:00", "nine o'clock"),
    ("9:00pm", "nine P M"),
    ("14:30", "fourteen thirty"),
    ("9:75", "nine to seventy-five"),
    ("007", "zero zero seven"),
    ("98765432101", "nine eight seven six five four three two one zero one"),
    ("१२३", "one hundred and twenty-three"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("Tom & Ann @ home", "Tom and Ann at home"),
    ("v2.5.1 C++", "version two point five point one C plus plus"),
    ("the U.S.A. and", "the U S A and"),
    ("COVID-19 1e-3", "COVID nineteen one times ten to the power of minus three"),
    ("great 🎉 news 👩‍👩‍👧!", "great news"),
    ("*** — ok", "ok"),
    ("hel\u200blo \u202eworld\x00", "hello world"),
    ("cafe\u0301", "café"),
    ("a\ud800b", "ab"),
]

HINDI = [
    ("नमस्ते।", "नमस्ते।"),
    ("0", "शून्य"),
    ("मेरे पास 5 सेब हैं।", "मेरे पास पाँच सेब हैं।"),
    ("२५", "पच्चीस"),
    ("99", "निन्यानवे"),
    ("101", "एक सौ एक"),
    ("1,000", "एक हज़ार"),
    ("1,50,000", "एक लाख पचास हज़ार"),
    ("12,34,567", "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ"),
    ("1,234,567", "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ"),
    ("१२,३४,५६७", "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ"),
    ("1,23,45,67,890", "एक अरब तेईस करोड़ पैंतालीस लाख सड़सठ हज़ार आठ सौ नब्बे"),
    ("3.14", "तीन दशमलव एक चार"),
    ("-5", "माइनस पाँच"),
    ("50%", "पचास प्रतिशत"),
    ("50 %।", "पचास प्रतिशत।"),
    ("₹500", "पाँच सौ रुपये"),
    ("₹1", "एक रुपया"),
    ("₹1,50,000।", "एक लाख पचास हज़ार रुपये।"),
    ("₹5.50", "पाँच रुपये पचास पैसे"),
    ("₹5 करोड़", "पाँच करोड़ रुपये"),
    ("$5 million", "पाँच मिलियन डॉलर"),
    ("रु. 500", "पाँच सौ रुपये"),
    ("1ला 2री 4थे 6ठा", "पहला दूसरी चौथे छठा"),
    ("5वीं 10वाँ 21वें", "पाँचवीं दसवाँ इक्कीसवें"),
    ("सन 1984", "सन उन्नीस सौ चौरासी"),
    ("1947 में", "उन्नीस सौ सैंतालीस में"),
    ("सन् 1900", "सन् उन्नीस सौ"),
    ("2024 में", "दो हज़ार चौबीस में"),
    ("9:05", "नौ बजकर पाँच मिनट"),
    ("9:00 बजे", "नौ बजे"),
    ("9876543210", "नौ आठ सात छह पाँच चार तीन दो एक शून्य"),
    ("007", "शून्य शून्य सात"),
    ("2 + 2 = 4", "दो प्लस दो बराबर चार"),
    ("क्‍ष", "क्ष"),
    ("नमस्ते 🙏", "नमस्ते"),
]

OTHERS = [
    ("mr", "1,000", "एक हजार"),
    ("bn", "২৫%", "পঁচিশ শতাংশ"),
    ("ta", "900", "தொள்ளாயிரம்"),
    ("te", "$5", "ఐదు డాలర్లు"),
    ("kn", "110", "ನೂರ ಹತ್ತು"),
    ("kn", "120", "ನೂರ ಇಪ್ಪತ್ತು"),
    ("kn", "1000", "ಒಂದು ಸಾವಿರ"),
    ("ur", "5", "پانچ"),
    ("de", "1.234,5", "eintausendzweihundertvierunddreißig Komma fünf"),
    ("fr-FR", "25", "vingt-cinq"),
    ("pt_BR", "1234", "mil duzentos e trinta e quatro"),
    ("da", "1000000", "en million"),
    ("en-IN", "150000", "one lakh fifty thousand"),
    ("it", "3,14", "3,14"),
    ("am", "1234567", "1234567"),
    ("zh", "第5章", "第5章"),
    ("xx-nonsense", "٥ 5%", "5 5%"),
    ("", "5", "5"),
]


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_english_is_read_aloud(text: str, expected: str) -> None:
    assert normalize(text, "en-us") == expected


@pytest.mark.parametrize(("text", "expected"), HINDI)
def test_hindi_is_read_aloud(text: str, expected: str) -> None:
    assert normalize(text, "hi") == expected


@pytest.mark.parametrize(("language", "text", "expected"), OTHERS)
def test_other_languages_say_what_their_library_knows_and_keep_the_rest(
    language: str, text: str, expected: str
) -> None:
    assert normalize(text, language) == unicodedata.normalize("NFC", expected)


def ranges(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [(span.text, text[span.start - 7 : span.end - 7]) for span in spans(text, 7, language)]


def test_each_span_stands_for_the_clients_own_spelling() -> None:
    assert ranges("Hi, $5 million 🎉 in 1984!") == [
        ("Hi,", "Hi,"),
        ("five million dollars", "$5 million"),
        ("in", "in"),
        ("nineteen eighty-four!", "1984!"),
    ]


def test_han_and_kana_are_one_span_each() -> None:
    assert [own for _, own in ranges("你好，きょう。ok", "ja")] == ["你", "好，", "きょ", "う。", "ok"]


def test_words_joined_by_a_dash_or_danda_are_spans_that_touch() -> None:
    assert [own for _, own in ranges("one—two है।और")] == ["one—", "two", "है।", "और"]
    assert normalize("one—two है।और", "en") == "one—two है।और"


@pytest.mark.parametrize("text", ["", " \n", "🎉", "...", "\x00", "\ud800", "\u200d", "***", "—"])
def test_what_cannot_be_spoken_gives_no_span(text: str) -> None:
    assert spans(text, 0, "en") == ()


def test_thousands_of_figures_stay_figures() -> None:
    assert normalize("7" * 100, "en") == "7" * 100


SIGNS = st.text(alphabet="0123456789०१२.,:$₹€%+-−kMst 'वाँथ()“”", max_size=24)
LANGUAGES = st.one_of(
    st.sampled_from(["en", "en-IN", "hi", "te", "kn", "de", "tr", "fa", "ja", "zh", "sd", "am"]), st.text(max_size=6)
)


@settings(max_examples=300)
@given(text=st.one_of(st.text(), SIGNS), language=LANGUAGES)
@example("\ud83d\ude00 \U0010ffff \ufdfd", "en")
@example("0" * 400 + "." + "9" * 400, "hi")
@example("ला", "hi")
@example("20", "te")
def test_any_text_in_any_language_gives_disjoint_spans_in_order(text: str, language: str) -> None:
    found = spans(text, 3, language)
    ends = [3, *(span.end for span in found)]
    assert all(end <= span.start < span.end for end, span in zip(ends, found, strict=False))
    assert ends[-1] <= 3 + len(text)
    for span in found:
        assert span.text == span.text.strip() != ""
        assert unicodedata.is_normalized("NFC", span.text)
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in span.text)


@settings(max_examples=200)
@given(text=st.text())
def test_no_letter_is_lost(text: str) -> None:
    spoken = normalize(text, "xx")
    letters = [char for char in unicodedata.normalize("NFC", text) if char.isalpha()]
    assert [char for char in unicodedata.normalize("NFC", spoken) if char.isalpha()] == letters


@settings(max_examples=200)
@given(text=st.text(alphabet="abc ०५5,. kहa", max_size=30), language=st.sampled_from(["en", "hi", "de"]))
def test_what_has_been_normalized_stays_as_it_is(text: str, language: str) -> None:
    once = normalize(text, language)
    assert normalize(once, language) == once


@settings(max_examples=200)
@given(number=st.integers(0, 10**14), language=st.sampled_from(["en", "hi", "bn", "te", "ta", "kn", "de", "fr"]))
def test_native_and_ascii_digits_are_read_alike(number: int, language: str) -> None:
    native = str(number).translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    assert normalize(native, language) == normalize(str(number), language)


@pytest.mark.parametrize(
    "language", ["en", "hi", "bn", "as", "te", "ta", "mr", "gu", "kn", "ml", "pa", "or", "ur", "ne"]
)
def test_no_two_numbers_share_their_words(language: str) -> None:
    numbers = [*range(1200), *range(1_000, 100_000, 997), *(10**k * m for k in range(3, 12) for m in (1, 2, 9))]
    words: dict[str, int] = {}
    for number in numbers:
        spoken = cardinal(number, language)
        assert spoken
        assert words.setdefault(spoken, number) == number


def test_a_language_without_number_words_is_known_as_such() -> None:
    assert speaks_numbers("hi")
    assert speaks_numbers("nb-no")
    assert not speaks_numbers("zh")


def test_a_caller_learns_how_much_of_a_language_is_read() -> None:
    assert [support(language) for language in ("en", "en-IN", "hi_IN", "bn", "de-AT", "zh", "xx", "")] == [
        *("full", "full", "full", "general", "general", "none", "none", "none")
    ]


def test_align_tells_where_each_word_comes_from() -> None:
    text = "Pay $5 million by July 4, 2025."
    assert [(span.text, text[span.start : span.end]) for span in align(text, "en")] == [
        ("Pay", "Pay"),
        ("five million dollars", "$5 million"),
        ("by", "by"),
        ("July fourth, twenty twenty-five.", "July 4, 2025."),
    ]


def test_importing_the_room_does_not_import_the_number_libraries() -> None:
    code = (
        "import sys, engine.text.normalize, engine.text.chunker\n"
        "sys.exit(bool({'num2words', 'indic_numtowords'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("dash", ["-", "–", "—"])
def test_a_dash_that_stands_alone_is_a_pause(dash: str) -> None:
    assert normalize(f"Well {dash} here it is.", "en") == "Well, here it is."
    assert normalize(f"Well, {dash} here", "en") == "Well, here"
    assert normalize(f"{dash} here {dash}", "en") == "here,"
