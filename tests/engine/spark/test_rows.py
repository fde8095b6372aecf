from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.spark.rows import Rows
from engine.spark.vocabulary import Vocabulary, appended

TEXT = ("<|endoftext|>", "<|im_end|>")
VOCABULARY = Vocabulary.of({name: id for id, name in enumerate((*TEXT, *appended()), 500)}, lambda text: [len(text)])
ROWS = Rows.speech(VOCABULARY, 20_000)

prompts = st.lists(st.integers(0, ROWS.vocab_size - 1), min_size=1)


def own_id(read: int) -> int:
    """The checkpoint's id, as the model looks it up."""
    ids: list[int] = [*ROWS.drawn, *range(ROWS.vocab_size), *range(ROWS.vocab_size)]
    return ids[read]


def speaks_on(read: int) -> bool:
    """Whether the model lets only semantic tokens follow."""
    return read < len(ROWS.semantic) or read >= ROWS.num_drawn + ROWS.vocab_size


@given(prompts, st.booleans())
def test_a_prompt_is_read_as_the_ids_that_it_has(prompt: list[int], semantic_only: bool) -> None:
    read = ROWS.encode(prompt, semantic_only)
    assert [own_id(row) for row in read] == prompt
    assert all(0 <= row < ROWS.num_ids and row != ROWS.broken for row in read)


@given(prompts)
def test_what_follows_a_prompt_is_said_by_its_last_token(prompt: list[int]) -> None:
    assert speaks_on(ROWS.encode(prompt, semantic_only=True)[-1])
    assert speaks_on(ROWS.encode(prompt, semantic_only=False)[-1]) == (prompt[-1] in ROWS.semantic)


@given(st.lists(st.sampled_from([*VOCABULARY.semantic_tokens, *VOCABULARY.global_tokens])))
def test_what_is_drawn_is_what_a_prompt_would_have_of_it(ids: list[int]) -> None:
    drawn = ROWS.encode(ids, semantic_only=False) if ids else []
    assert max(drawn, default=0) < ROWS.num_drawn
    assert ROWS.decode(drawn) == tuple(ids)


def test_stops_and_what_is_broken_are_no_tokens() -> None:
    assert ROWS.decode([0, *ROWS.ends, 1]) == (VOCABULARY.semantic_tokens[0], VOCABULARY.semantic_tokens[1])
    assert {ROWS.drawn[row] for row in ROWS.ends if row != ROWS.broken} == VOCABULARY.stops


def test_text_cannot_be_drawn() -> None:
    assert len(ROWS.encode(range(499), semantic_only=False)) == 499
    assert min(ROWS.encode(range(499), semantic_only=False)) >= ROWS.num_drawn
    assert ROWS.num_drawn < 14_000


def test_they_go_through_json() -> None:
    assert Rows.of(json.loads(json.dumps(ROWS.described()))) == ROWS
