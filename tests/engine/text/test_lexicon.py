# ruff: noqa: RUF001  # the letters of phonetics, and typographic quotes, are meant
from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.text.lexicon import Lexicon, LexiconError, Match
from engine.text.lexicon_lines import MAX_CHARS, MAX_PROBLEMS, MAX_SHOWN, MAX_WORDS

LEXICON = """
# how our names are said
Siobhan = Shivawn
nginx = engine x        # all of us say so
SQL = /ˈsiːkwəl/
US = you ess
U.K. = you kay
New York = Noo Yawk
New York City = the big apple
St. Kitts = Saint Kitts
C++ = see plus plus
C# = see sharp
route = root
en-US: route = rowt
Kit = /kɪt/
E = mc = energy

[hi]
दिल्ली = दिल-ली
Kit = किट
[*]
Max = /mæks/
"""


def said(text: str, language: str = "en-us", lexicon: str = LEXICON) -> list[str | tuple[str, str]]:
    """Every token of a text, with what the lexicon has for it in its place: (words, IPA) where it has that."""
    made, tokens, at = Lexicon.parse(lexicon), text.split(), 0
    found: list[str | tuple[str, str]] = []
    while at < len(tokens):
        match = made.match(tokens, at, language) or Match(1, tokens[at], "")
        found.append((match.text, match.ipa) if match.ipa else match.text)
        at += match.num_tokens
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask Siobhan now", ["ask", "Shivawn", "now"]),
        ("SIOBHAN siobhan", ["Shivawn", "Shivawn"]),
        ("(Siobhan), “Siobhan”? ¿Siobhan!", ["(Shivawn),", "“Shivawn”?", "¿Shivawn!"]),
        ("Siobhan's and Siobhan’s,", ["Shivawn's", "and", "Shivawn's,"]),
        ("Nginx! NGINX", ["engine x!", "engine x"]),
        ("US, tell us", ["you ess,", "tell", "us"]),
        ("the U.K. and U.K.,", ["the", "you kay", "and", "you kay,"]),
        ("in New York.", ["in", "Noo Yawk."]),
        ("in new york city's parks", ["in", "the big apple's", "parks"]),
        ("New Yorker", ["New", "Yorker"]),
        ("New, York", ["New,", "York"]),
        ("New (York)", ["New", "(York)"]),
        ("“New York”", ["“Noo Yawk”"]),
        ("St. Kitts and St Kitts", ["Saint Kitts", "and", "St", "Kitts"]),
        ("C++, C# or C", ["see plus plus,", "see sharp", "or", "C"]),
        ("SQL, sql", [("SQL,", "ˈsiːkwəl"), "sql"]),
        ("Kit's Max’s cat's", [("Kit's", "kɪts"), ("Max’s", "mæksɪz"), "cat's"]),
        ("nothing here", ["nothing", "here"]),
        ("New", ["New"]),
        ("! ( ...", ["!", "(", "..."]),
    ],
)
def test_words_are_found_with_what_stands_around_them(text: str, expected: list[str | tuple[str, str]]) -> None:
    assert said(text) == expected


def test_the_more_special_language_comes_first_and_others_are_left_alone() -> None:
    assert said("route", "en-us") == ["rowt"]
    assert said("route", "en-gb") == ["root"]
    assert said("Kit", "hi") == ["किट"]
    assert said("दिल्ली Siobhan", "hi-in") == ["दिल-ली", "Shivawn"]
    assert said("दिल्ली", "ne") == ["दिल्ली"]
    assert said("दिल्ली", "hin") == ["दिल्ली"]


def test_the_same_case_comes_before_the_other() -> None:
    lexicon = "polish = pollish\nPolish = Pole ish"
    assert said("polish Polish POLISH", lexicon=lexicon)[:2] == ["pollish", "Pole ish"]


def test_an_ending_is_taken_off_in_english_only() -> None:
    assert said("Max's", "de") == ["Max's"]


def test_a_session_has_the_last_word_over_the_file() -> None:
    file = Lexicon.parse("SQL = sequel\nKit = Kate\nNew York = Noo Yawk")
    both = file.merged(Lexicon.parse("SQL = ess cue ell\nyork = Yorick"))
    assert len(both) == 4
    tokens = ["SQL", "Kit", "New", "York", "York"]
    found = [both.match(tokens, at, "en") for at in (0, 1, 2, 4)]
    assert [match.text for match in found if match] == ["ess cue ell", "Kate", "Noo Yawk", "Yorick"]
    sql = file.match(tokens, 0, "en")
    assert sql is not None
    assert sql.text == "sequel"


def test_an_empty_lexicon_matches_nothing() -> None:
    assert len(Lexicon()) == len(Lexicon.parse("# nothing\n\n[en]\n")) == 0
    assert Lexicon().match(["word"], 0, "en") is None


def test_it_tells_which_neighbours_must_stay_together() -> None:
    lexicon = Lexicon.parse(LEXICON)
    assert lexicon.joins("(new", "York’s”,")
    assert lexicon.joins("York", "City.")
    assert lexicon.joins("St.", "Kitts")
    assert lexicon.continues("“New")
    assert not lexicon.joins("York", "New")
    assert not lexicon.joins("New,", "York")
    assert not lexicon.continues("City")
    assert not lexicon.continues("Siobhan")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Siobhan Shivawn", "line 2: 'Siobhan Shivawn' has no '=': write word = respelling, or word = /IPA/"),
        ("Siobhan =", "line 2: nothing is said for 'Siobhan': write something after the '='"),
        ("= Shivawn", "line 2: no word stands before the '=' but '': write the word as it is in a text"),
        ("x = //", "line 2: '//' is no pronunciation: write IPA between the slashes, as in /təˈmeɪtoʊ/"),
        ("x = ...", "line 2: '...' cannot be said: write words after the '='"),
        ("[Hindi language]", "line 2: [Hindi language] is no language: write its tag, such as [hi] or [en-IN], or [*]"),
        ("[]", "line 2: [] is no language"),
        ("ok = no", "line 2: 'ok' is 'okay' in line 1 already: leave one of the two"),
        ("w " * (MAX_WORDS + 1) + "= x", "is too long: at most 8 words"),
        ("w" * (MAX_CHARS + 1) + "= x", "is too long: at most 8 words with 120 characters are found"),
        ("w = " + "x" * (MAX_CHARS + 1), "line 2: what is said for 'w' has 121 characters: at most 120 can be said"),
    ],
)
def test_a_line_that_is_wrong_is_told_with_its_number_and_what_to_do(line: str, problem: str) -> None:
    with pytest.raises(LexiconError) as told:
        Lexicon.parse(f"ok = okay\n{line}\nthe = rest", "names.txt")
    assert problem in told.value.problems[0]
    assert str(told.value).startswith("the lexicon in names.txt has 1 problem:\n  line 2: ")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(LexiconError) as told:
        Lexicon.parse("a\nb = b\nb = c\n[?]\n")
    assert [problem.split(":")[0] for problem in told.value.problems] == ["line 1", "line 3", "line 4"]
    with pytest.raises(LexiconError) as told:
        Lexicon.parse("wrong\n" * 2 * MAX_PROBLEMS)
    assert len(told.value.problems) == MAX_PROBLEMS + 1
    assert len(str(told.value).splitlines()) == MAX_SHOWN + 2
    assert f"and {MAX_PROBLEMS + 1 - MAX_SHOWN} more" in str(told.value)


def test_the_same_entry_twice_is_no_conflict_and_other_languages_are_none() -> None:
    assert len(Lexicon.parse("a = b\na = b\n[hi]\na = c\nen: a = d")) == 3


def test_it_is_bounded() -> None:
    lines = "\n".join(f"w{number} = x" for number in range(1001))
    assert len(Lexicon.parse(lines)) == 1001
    with pytest.raises(LexiconError, match="line 1001: there is room for 1000 entries: leave out the rest"):
        Lexicon.parse(lines, max_entries=1000)


def read(text: str) -> tuple[int, tuple[str, ...]]:
    """Return how many entries a text has, and what is wrong with it."""
    try:
        return len(Lexicon.parse(text)), ()
    except LexiconError as error:
        return 0, error.problems


WORDS = st.text(alphabet="aAbक्ि'’.-#:/=[]* ßİ\u200d\t", max_size=12)


@given(
    st.lists(st.tuples(WORDS, st.sampled_from([" = ", "=", "", " # ", ": "]), WORDS), max_size=8), st.text(max_size=20)
)
@example([("re: x", " = ", "y")], "")
def test_any_text_is_a_lexicon_or_a_list_of_problems(lines: list[tuple[str, str, str]], wild: str) -> None:
    text = "\n".join(["".join(line) for line in lines] + [wild])
    num_lines = len(text.splitlines())
    num_entries, problems = read(text)
    assert num_entries + len(problems) <= num_lines
    assert all(problem.startswith("line ") for problem in problems)


PLAIN = st.text(alphabet="abcdefgABC", min_size=1, max_size=6)


@given(st.dictionaries(st.lists(PLAIN, min_size=1, max_size=3).map(" ".join), PLAIN, min_size=1, max_size=6))
def test_every_entry_is_found_where_it_is_written_as_it_is(pairs: dict[str, str]) -> None:
    lexicon = Lexicon.parse("\n".join(f"{words} = {said}" for words, said in pairs.items()))
    for words, respelling in pairs.items():
        tokens = ["«" + words.split()[0], *words.split()[1:]]
        tokens[-1] += "»,"
        assert lexicon.match(tokens, 0, "en") == (len(tokens), f"«{respelling}»,", "")


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6), st.sampled_from(["en", "en-us", "hi", ""]))
def test_any_tokens_can_be_looked_up(tokens: list[str], language: str) -> None:
    lexicon = Lexicon.parse(LEXICON)
    for at in range(len(tokens)):
        match = lexicon.match(tokens, at, language)
        assert match is None or (1 <= match.num_tokens <= len(tokens) - at and match.text)
