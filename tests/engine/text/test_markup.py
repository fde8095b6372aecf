# the look-alikes of other scripts are meant
from __future__ import annotations

import pytest

from engine.text.marks import BREAK, CUT, MASK
from engine.text.markup import Mark, Markup
from tests.engine.text.marking import VISIBLE, marked, seen


def left(raw: str) -> str:
    """What remains of a text as it is, but for masks."""
    return marked(raw)[0].translate(VISIBLE)


@pytest.mark.parametrize(
    ("raw", "remains"),
    [
        ("**bold** text", "bold text"),
        ("*it* and _this_", "it and this"),
        ("***both***", "both"),
        ("__strong__, really", "strong, really"),
        ("~~gone~~", "gone"),
        ("**bo**ld", "bold"),
        ("bo**ld**er", "bolder"),
        ("**Note:** this", "Note: this"),
        ("**“Ja”** sagt er", "“Ja” sagt er"),
        ("(*aside*)", "(aside)"),
        ("**a *b* c**", "a b c"),
        ("*a **b***", "a b"),
        ("**नमस्ते**जी", "नमस्तेजी"),
        ("你**好**吗", "你好吗"),
        ("**\U0001f600 Hi**", "\U0001f600 Hi"),
        ("**never closed", "never closed"),
    ],
)
def test_the_markers_of_emphasis_are_left_out(raw: str, remains: str) -> None:
    assert left(raw) == remains


@pytest.mark.parametrize(
    "raw",
    [
        "2 * 3 * 4", "2*3*4", "snake_case_name", "हिंदी_शब्द", "2**10", "a**b and c", "x**2 + y**2",
        "use *args and **kwargs", "f(**kwargs)", "5* hotels", "C:\\Users\\me",
        "~5 minutes", "a_b", "_ _", "____", ">_<", "f(x)*g(x)", "a ** b",
        "f**k it",
        "https://example.org/_a_/*b*/c_d", "/* code */", "5 000 $ and $x$", "#1 and #tag",
        "a|b | c", "+1 or -1", "- ", "1.5", "=",
        "Hello! How [are] you?",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_marker_stays(raw: str) -> None:
    assert left("x " + raw) == "x " + raw


@pytest.mark.parametrize(
    "raw",
    [
        "a < b and c > d", "x<y", "x <y and z> w", "if (a<b && c>d)", "I <3 you", "a<b and c>d", "vector<int> v", "<",
        "< b >",
        "[1]", "see [1][2]", "[x]", "a[i]", "array[0]", "a[sad]", "[citation needed]", "[he] said", "[Paris]",
        "[a b c d e]", "[", "[[", "[]",
        "a [ b ] c", "1 < 2 > 0", "<5>", "<-", "<=>", "a <- b", "</", "<!", "x[i](y)", "[note]: see",
    ],
)  # fmt: skip
def test_a_lone_bracket_in_normal_text_stays_text(raw: str) -> None:
    for text in (raw, "so " + raw, "so " + raw + " it is."):
        assert left(text) == text
        assert marked(text)[1] == []


@pytest.mark.parametrize(
    ("raw", "remains"),
    [
        ("# Title\nText", "¶ Title ¶ Text"),
        ("###### Six ##\nText", "¶ Six ¶ Text"),
        ("####### seven", "####### seven"),
        ("Title\n=====\nText", "Title\n¶ ¶ Text"),
        ("Title\n-----\nText", "Title\n¶ ¶ Text"),
        ("one\n\n---\n\ntwo", "one\n\n¶ ¶\ntwo"),
        ("***\n* * *\n___\n", "¶ ¶ ¶ ¶ ¶ ¶"),
        ("- a\n- b\n", "¶ a ¶ ¶ b ¶"),
        ("* a\n  + b\n    - c", "¶ a ¶ ¶ b ¶ ¶ c"),
        ("• a\n•b", "¶ a ¶ ¶ b"),
        ("- [x] done\n- [ ] to do", "¶ done ¶ ¶ to do"),
        ("1. one\n2) two\n", "1. one ¶ 2) two ¶"),
        ("- **a**: b", "¶ a: b"),
        ("* *a* b", "¶ a b"),
        ("- [a](b) c", "¶ a c"),
        ("\ufeff\u200b- a", "\ufeff\u200b ¶ a"),
        ("> a\n> b\n>> c\n\nd", "¶ a\nb\nc\n\nd"),
        ("> - a", "¶ ¶ a"),
        ("Steps:\n1. a", "Steps: ¶ 1. a"),
        ("**Steps:**\nDo it", "Steps: ¶ Do it"),
        ("-5 degrees\n+5 degrees\n*5*", "-5 degrees\n+5 degrees\n5"),
        ("one\ntwo\r\nthree\n\nfour", "one\ntwo\nthree\n\nfour"),
        ("[^1]: The note.\nText", "¶ The note. ¶ Text"),
        ('[a]: https://a.b "T"\nText', "¶ ¶ Text"),
        ("[Bob]: hello\n", "[Bob]: hello\n"),
    ],
)
def test_blocks_begin_and_end_with_a_break(raw: str, remains: str) -> None:
    assert seen(raw) == remains


@pytest.mark.parametrize(
    ("raw", "remains"),
    [
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\n", "¶ a, b ¶ ¶ ¶ ¶ 1, 2 ¶"),
        ("a | b\n--- | ---\n1 | 2\n\nc | d", "a | b\n¶ ¶ 1, 2 ¶\nc | d"),
        ("|x|y|\n", "¶ x ¶ y ¶"),
        ("| a. | | **b** | c |", "¶ a. b, c"),
        ("| a \\| b | c |", "¶ a | b, c"),
    ],
)
def test_a_table_is_read_row_by_row(raw: str, remains: str) -> None:
    assert seen(raw) == remains


@pytest.mark.parametrize(
    ("raw", "remains"),
    [
        ("see [the docs](https://x.y/z) now", "see the docs now"),
        ('[a b](x.md "A title").', "a b."),
        ("[a](<x y>)", "a"),
        ("[Foo](https://en.wikipedia.org/wiki/Foo_(bar))", "Foo"),
        ("[**b** `c`](x)", "b c"),
        ("![A *red* cat](cat.png)", "A red cat"),
        ("Look![laugh]", "Look!"),
        ("[![badge](a.svg)](b) x", "badge x"),
        ("[text][ref] and [text][]", "text and text"),
        ("a note[^1] here", "a note here"),
        ("<https://a.b/c_d_e> or <me@x.org>", "https://a.b/c_d_e or me@x.org"),
        ("so it is【4:0†report.pdf】.", "so it is."),
        ("[a](b c) d", "a](b c) d"),
        ("[a](never closed", "a](never closed"),
    ],
)
def test_of_a_link_its_text_remains(raw: str, remains: str) -> None:
    assert seen(raw) == remains


@pytest.mark.parametrize(
    ("raw", "remains"),
    [
        ("use `a_b*c` here", "use a_b*c here"),
        ("``a`b``", "a`b"),
        ("`[x](y) <b>`", "[x](y) <b>"),
        ("`never closed\n", "`never closed\n"),
        ("\\*not\\* \\# \\_", "*not* # _"),
        ("\\(x^2\\) and \\[y\\]", "x^2 and y"),
        ("AT&amp;T &lt;3 caf&eacute; &#39;a&#x27;", "AT&T <3 café 'a'"),
        ("AT&T; R&D &nosuch;", "AT&T; R&D &nosuch;"),
        ("a&#8232;b", "a b"),
        ("H<sub>2</sub>O is <b class='x'>wet</b>", "H2O is wet"),
        ('<a href="https://x.y">x</a><img src=a.png alt="b"/>', "x"),
        ("a<br>b<br/>c<p>d</p>", "a ¶ b ¶ c ¶ d ¶"),
        ("<tr><td>a</td><td>b.</td></tr>", "¶ ¶ a, ¶ b. ¶"),
        ("a<!-- b -->c", "a c"),
        ("<script>x < 1</script>y<style>z</style>", "y"),
        ("<!DOCTYPE html><?xml a?>b", "b"),
        ('<speak><prosody rate="slow">a</prosody></speak>', "¶ a ¶"),
    ],
)
def test_code_escapes_entities_and_html(raw: str, remains: str) -> None:
    assert seen(raw) == remains


@pytest.mark.parametrize(
    ("raw", "remains", "value"),
    [
        ("a\n```python\nx = [1]\n```\nb", "a\n¶ ¶ b", "code"),
        ("~~~\n```\n~~~~\nb", "¶ ¶ b", "code"),
        ("- a\n  ```\n  x\n  ```\n- b", "¶ a ¶ ¶ ¶ ¶ b", "code"),
        ("> ```\n> x\n> ```\n> b", "¶ ¶ ¶ b", "code"),
        ("```\nnever closed\n`` ` ```x", "¶", "code"),
        ("<think>let me\n\n- see</think>Hi", "Hi", "thinking"),
        ("<Thinking>never closed </think>", "", "thinking"),
        ("a <!-- b", "a", "html"),
    ],
)
def test_what_is_not_for_the_ear_is_skipped_whole(raw: str, remains: str, value: str) -> None:
    assert seen(raw) == remains
    (mark,) = marked(raw)[1]
    assert (mark.kind, mark.value) == ("skipped", value)
    assert set(marked(raw)[0][mark.at : mark.end]) <= {" ", BREAK}


@pytest.mark.parametrize(
    ("raw", "mark"),
    [
        ("[laugh]", Mark(0, 7, "event", "laugh")),
        ("<laugh>", Mark(0, 7, "event", "laugh")),
        ("<Laughs/>", Mark(0, 9, "event", "laugh")),
        ("[LAUGHING]", Mark(0, 10, "event", "laugh")),
        ("[clears throat]", Mark(0, 15, "event", "clear throat")),
        ("<laughs softly>", Mark(0, 15, "event", "laugh")),
        ("[whispers]", Mark(0, 10, "emotion", "whisper")),
        ("[Sarcastic]", Mark(0, 11, "emotion", "sarcastic")),
        ('<emotion value="angry"/>', Mark(0, 24, "emotion", "angry")),
        ("[neutral]", Mark(0, 9, "emotion", "")),
        ("</happy>", Mark(0, 8, "emotion", "")),
        ("[/happy]", Mark(0, 8, "emotion", "")),
        ("[pause]", Mark(0, 7, "pause", "", 500)),
        ("[pause 500ms]", Mark(0, 13, "pause", "", 500)),
        ("[pause: 1.5 s]", Mark(0, 14, "pause", "", 1500)),
        ("[long pause]", Mark(0, 12, "pause", "", 1000)),
        ('<break time="300ms"/>', Mark(0, 21, "pause", "", 300)),
        ("<break time='1.5s' />", Mark(0, 21, "pause", "", 1500)),
        ('<break strength="none"/>', Mark(0, 24, "pause", "", 0)),
        ("<break/>", Mark(0, 8, "pause", "", 500)),
        ("<pause 2s>", Mark(0, 10, "pause", "", 2000)),
        ('<break time="3600s"/>', Mark(0, 21, "pause", "", 10_000)),
        ("[dance]", Mark(0, 7, "unknown", "dance")),
        ("[does a flip]", None),
        ("<foo>", Mark(0, 5, "unknown", "foo")),
        ('<tool name="x">', Mark(0, 15, "unknown", "tool")),
    ],
)
def test_tags_are_told_in_both_spellings(raw: str, mark: Mark | None) -> None:
    out, marks = marked(raw)
    assert marks == ([mark] if mark else [])
    assert (out.translate(VISIBLE).strip() == raw) is (mark is None)


def test_a_pause_and_another_emotion_cut_the_text_and_an_event_does_not() -> None:
    assert seen("Oh [happy]yes, [laugh]no [pause] [sad]") == "Oh ✂ yes, no ✂ ✂"
    assert marked("a [laugh] b")[0] == "a " + MASK * 7 + " b"
    assert marked("a [sad] b")[0] == "a " + CUT + MASK * 4 + " b"


def test_tags_may_follow_each_other_and_other_scripts() -> None:
    assert [mark.value for mark in marked("[happy][laugh]好[sigh]<sad><gasp>")[1]] == [
        "happy",
        "laugh",
        "sigh",
        "sad",
        "gasp",
    ]


def test_a_tag_never_joins_two_words() -> None:
    assert left("ok<laugh>then") == "ok then"


def test_unknown_tags_are_read_where_that_is_chosen() -> None:
    assert marked("[dance] <foo> [laugh]", unknown="literal") == (
        "[dance] <foo> " + MASK * 7, [Mark(14, 21, "event", "laugh")]
    )  # fmt: skip


def test_a_tag_at_the_beginning_of_a_line_hides_no_marker() -> None:
    assert seen("[happy] # Title\n") == "✂ ¶ Title ¶"


def test_held_text_waits_only_for_what_decides_it() -> None:
    markup = Markup()
    assert markup.push("Hello **wor") == "Hello " + MASK * 2 + "wor"
    assert (markup.push("ld**"), markup.held) == ("ld", 2)
    assert markup.push(" [lau") == MASK * 2 + " "
    assert markup.held == 4
    assert (markup.push("gh] so"), markup.held) == (MASK * 7 + " so", 0)
    assert (markup.push("\n- "), markup.held) == ("\n", 2)
    assert markup.push("a") == BREAK + " a"


def test_a_flush_decides_what_is_held_and_blocks_stay_open() -> None:
    markup = Markup()
    assert markup.push("**so") + markup.push("**") == MASK * 2 + "so"
    assert markup.flush() == MASK * 2
    assert markup.push(" [lau") + markup.flush() == " [lau"
    assert markup.push("\n```\nx = 1 ") + markup.flush() == "\n" + BREAK + " " * 9
    assert markup.push("y\n```\nz") + markup.flush() == " " * 5 + BREAK + "z"
    assert [mark.value for mark in markup.take_marks()] == ["code"]
    assert markup.held == 0


def test_marks_are_taken_once() -> None:
    markup = Markup()
    markup.push("[laugh] [sigh] ")
    assert [mark.value for mark in markup.take_marks()] == ["laugh", "sigh"]
    assert markup.take_marks() == []
