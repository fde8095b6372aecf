"""What a language model writes, pasted into the page: spoken, lit and shown as it is read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Open
from tests.browser.test_page import PHONE
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

ENGLISH = """## The plan

[happy] Take the *train* ([map](https://map.example/train)) at `9:05`, for **$5 million**:

```
the train costs nothing
```

- <b>nothing</b> else, <break time="100ms"/> **5 May**, _good_.
"""
ENGLISH_LIT = [
    *("The", "plan", "Take", "the", "train", "(map)", "at", "9:05,", "for", "$5 million:", "nothing", "else,"),
    *("5 May,", "good."),
]
"""The words as they look without markers."""

HINDI = """## योजना

- **ट्रेन** सुबह 9:05 बजे, [नक्शा](https://x.example) किराया **₹1,50,000**।
- *वापसी* 5 मई को। <!-- ठीक --> ठीक है?
"""
HINDI_LIT = [
    *("योजना", "ट्रेन", "सुबह", "9:05 बजे,", "नक्शा", "किराया", "₹1,50,000।"),
    *("वापसी", "5 मई", "को।", "ठीक", "है?"),
]

NOTE_LIT = """() => { window.lit = []; const note = () => {
  const shown = [...document.querySelectorAll("#transcript .now")].map((part) => part.textContent).join("");
  if (shown && shown !== window.lit.at(-1)) window.lit.push(shown);
  requestAnimationFrame(note);
}; note(); }"""


def choose(seen: Visit, language: str) -> None:
    seen.until_open()
    seen.page.select_option("#language", label=language)


def rows(seen: Visit) -> list[str]:
    """What a person reads in the rows."""
    return [" ".join(text.split()) for text in seen.page.locator("#reading li").all_inner_texts()]


def changes(seen: Visit) -> list[tuple[str, str]]:
    found = seen.page.locator("#reading .changed").all()
    return [(one.locator(".source").inner_text(), one.locator(".words").inner_text()) for one in found]


def open_reading(seen: Visit) -> None:
    seen.page.focus("#reading summary")
    seen.page.keyboard.press("Enter")


@pytest.mark.parametrize("arrival", ["All at once", "As an LLM writes"])
@pytest.mark.parametrize(
    ("language", "text", "expected"), [("English", ENGLISH, ENGLISH_LIT), ("Hindi", HINDI, HINDI_LIT)]
)
def test_the_words_of_a_pasted_answer_light_up_in_order_and_its_markers_never(
    visit: Open, speaking: str, language: str, text: str, expected: list[str], arrival: str
) -> None:
    seen = visit(speaking)
    choose(seen, language)
    seen.page.get_by_text(arrival).click()
    seen.page.evaluate(NOTE_LIT)
    stats = seen.hear(text)
    lit = seen.page.evaluate("window.lit")
    assert len(stats["words"]) == len(expected)
    at = -1
    for word in lit:  # a busy machine may draw too seldom for the shortest
        at = expected.index(word, at + 1)
    assert len(lit) > 0.7 * len(expected)
    heard = [part.strip() for part in seen.page.locator("#transcript .heard").all_text_contents()]
    assert "".join(heard) == "".join(expected)
    assert seen.page.evaluate("document.getElementById('transcript').textContent") == text


def test_a_word_is_found_behind_characters_of_two_units(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.hear("😀 a 👩‍👩‍👧 b 🇮🇳 a")
    assert seen.page.locator("#transcript .heard").all_text_contents() == ["a", "b", "a"]


def test_the_stages_show_what_is_said_and_what_is_left_out(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    choose(seen, "English")
    open_reading(seen)
    seen.hear(ENGLISH)
    heading, *_, last = rows(seen)
    assert heading.endswith("The plan long pause")
    assert last.endswith("_good.")
    assert changes(seen) == [
        ("9:05,", "nine oh five,"), ("$5 million:", "five million dollars:"), ("5 May,", "the fifth of May,"),
    ]  # fmt: skip
    left = seen.page.locator("#reading del").all_inner_texts()
    assert {"##", "**", "[](https://map.example/train)"} <= set(left)
    assert any(text.startswith("``` the train costs nothing") for text in left)
    assert seen.page.locator("#reading .tag").all_inner_texts() == ["happy", "0.1 s pause"]


def test_the_stages_are_shown_in_hindi_too(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    choose(seen, "Hindi")
    seen.page.fill("#text", HINDI)
    open_reading(seen)
    seen.page.locator("#reading li").nth(1).wait_for()
    assert ("₹1,50,000।", "एक लाख पचास हज़ार रुपये।") in changes(seen)
    assert seen.page.get_attribute("#reading ol", "lang") == "hi"


def test_while_it_is_open_it_follows_what_is_typed_and_the_tab_remembers_it(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    choose(seen, "English")
    assert not seen.page.is_visible("#reading ol")
    open_reading(seen)
    seen.page.fill("#text", "It is 5 km")
    seen.page.get_by_text("five kilometers").wait_for()
    seen.page.locator("#text").press_sequentially(" or 6 km")
    seen.page.get_by_text("six kilometers").wait_for()
    seen.page.fill("#text", "")
    seen.page.get_by_text("There is no text yet.").wait_for()
    assert rows(seen) == []
    seen.page.reload()
    seen.until_open()
    seen.page.locator("#reading li").first.wait_for()
    seen.page.focus("#reading summary")
    seen.page.keyboard.press("Space")
    assert not seen.page.is_visible("#reading ol")
    assert asked(seen) > 3
    before = asked(seen)
    seen.page.fill("#text", "Nobody looks")
    seen.page.wait_for_timeout(600)
    assert asked(seen) == before


def asked(seen: Visit) -> int:
    return sum(address.endswith("/v1/text") for address in seen.asked)


def test_on_a_phone_the_stages_are_no_wider_than_the_screen(visit: Open, speaking: str) -> None:
    seen = visit(speaking, **PHONE)
    choose(seen, "English")
    open_reading(seen)
    text = f"{ENGLISH}\n[a](https://{'long' * 40}.example) {'9' * 60} [dance]\n"
    seen.page.fill("#text", text)
    seen.page.get_by_text("[dance]", exact=True).wait_for()
    assert seen.page.evaluate("document.scrollingElement.scrollWidth") == 360
    box: Any = seen.page.locator("#reading summary").bounding_box()
    assert box["height"] >= 30


def test_a_text_of_another_direction_is_shown_in_it(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.page.fill("#text", "مرحبا، لدي **كتاب** جديد.")
    open_reading(seen)
    line = seen.page.locator("#reading li p").first
    line.wait_for()
    assert line.evaluate("(node) => getComputedStyle(node).direction") == "rtl"


def test_what_was_left_out_is_remarked_upon_without_alarm(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    choose(seen, "English")
    seen.hear("[dance] One [sneeze] two.\n```\ncode\n```\n[juggle] three")
    assert seen.page.locator("#remarks li").all_inner_texts() == [
        "“dance” is no tag that is known here, so it is left out.",
        "This voice cannot do “sneeze”, so it speaks on as if it were not there.",
        "A block of code is not read aloud.",
    ]
    assert not seen.page.is_visible("#trouble")
    seen.hear("Four.")
    assert not seen.page.is_visible("#remarks")
