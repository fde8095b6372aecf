from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.checkpoint import CheckpointError
from engine.spark.tiny_tokenizer import tiny_tokenizer, write_tokenizer
from engine.spark.tokenizer import load_vocabulary
from engine.spark.vocabulary import Vocabulary, appended

pytestmark = pytest.mark.spark

TOKENIZER = tiny_tokenizer()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "LLM").mkdir()
    write_tokenizer(folder / "LLM")
    return folder


@pytest.fixture(scope="module")
def vocabulary(written: Path) -> Vocabulary:
    return load_vocabulary(written)


def changed(written: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads((written / "LLM/tokenizer.json").read_text("utf-8"))
    change(document)
    (folder / "LLM").mkdir()
    (folder / "LLM/tokenizer.json").write_text(json.dumps(document), "utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        load_vocabulary(folder)
    return str(refused.value)


def test_the_ids_are_those_that_the_tokenizer_itself_gives(vocabulary: Vocabulary) -> None:
    assert vocabulary.semantic_tokens[8191] == TOKENIZER.token_to_id("<|bicodec_semantic_8191|>")
    assert vocabulary.start_content == TOKENIZER.token_to_id("<|start_content|>")
    assert vocabulary.size == TOKENIZER.get_vocab_size() == 256 + 3 + 13_493


@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_text_is_encoded_as_the_tokenizer_does_when_it_holds_no_marker(vocabulary: Vocabulary, text: str) -> None:
    ids = vocabulary.encode(text)
    assert ids == TOKENIZER.encode(text).ids
    assert all(id < 256 for id in ids)


@given(name=st.sampled_from([*appended(), "<|im_end|>", "<|endoftext|>"]), around=st.text("ab <|>", max_size=5))
def test_no_text_can_spell_a_marker(vocabulary: Vocabulary, name: str, around: str) -> None:
    ids = vocabulary.encode(around + name + around)
    assert len(ids) == len(around + name + around)
    assert max(ids) < 256


def test_a_tag_that_a_fine_tune_has_added_is_its_token(written: Path, tmp_path: Path, vocabulary: Vocabulary) -> None:
    own = {"id": vocabulary.size, "content": "<giggles>", "special": False, "normalized": True}
    own |= {"single_word": False, "lstrip": False, "rstrip": False}
    folder = changed(written, tmp_path, lambda document: document["added_tokens"].append(own))
    assert load_vocabulary(folder).encode("a<giggles>") == [*vocabulary.encode("a"), vocabulary.size]


def test_a_missing_token_is_told_by_file_and_name(written: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        tokens = document["added_tokens"]
        document["added_tokens"] = [token for token in tokens if token["content"] != "<|task_tts|>"]

    told = refusal(changed(written, tmp_path, change))
    assert "LLM/tokenizer.json has no <|task_tts|>" in told


def test_a_renumbered_token_is_told_by_file_and_name(written: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        next(t for t in document["added_tokens"] if t["content"] == "<|gender_1|>")["id"] = 99_999

    told = refusal(changed(written, tmp_path, change))
    assert "LLM/tokenizer.json numbers <|gender_1|> 99999 where " in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no complete tokenizer file"),
        (b"\xff\xfe{", "no complete tokenizer file"),
        (b"[]", "no complete tokenizer file"),
        (b'{"added_tokens": 5}', "no complete tokenizer file"),
        (b'{"added_tokens": []}', "no complete tokenizer file"),
        (b'{"added_tokens": [], "model": {"type": "WordPiece"}}', "is a 'WordPiece' tokenizer; Qwen2's is BPE"),
    ],
)
def test_a_broken_file_is_told_from_a_whole_one(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "LLM").mkdir()
    (tmp_path / "LLM/tokenizer.json").write_bytes(content)
    assert told in refusal(tmp_path)


def test_a_folder_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    assert "LLM/tokenizer.json is not there: give the folder that holds LLM/" in refusal(tmp_path)
