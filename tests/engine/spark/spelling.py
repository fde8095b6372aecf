"""The public model's numbering, with a tokenizer that spells: the id of a character is its code point."""

from __future__ import annotations

from engine.spark.vocabulary import Vocabulary, appended

PUBLIC = Vocabulary.of(
    {"<|endoftext|>": 151643, "<|im_end|>": 151645} | {name: id for id, name in enumerate(appended(), 151665)},
    lambda text: [ord(character) for character in text],
)


def spelt(text: str) -> list[int]:
    return [ord(character) for character in text]
