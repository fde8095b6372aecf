from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.text.chunker import Break
from engine.text.markup import Mark
from engine.text.stages import stages
from tests.engine.text.rows import ANSWERS

ANSWER = "# Fees\nIt is **$5** [laugh] now.[pause]\n\n[dance] Bye"


def test_every_stage_of_a_text_can_be_seen() -> None:
    found = stages(ANSWER, "en-US")
    assert (found.raw, found.language, found.support) == (ANSWER, "en-US", "full")
    assert len(found.marked) == len(ANSWER)
    assert [(mark.kind, mark.value) for mark in found.marks] == [
        ("event", "laugh"),
        ("pause", ""),
        ("unknown", "dance"),
    ]
    assert [[span.text for span in spoken.spans] for spoken in found.spoken] == [
        ["Fees"],
        ["It", "is", "five dollars", "now."],
        ["Bye"],
    ]
    assert [spoken.piece.after for spoken in found.spoken] == [Break.SENTENCE, Break.SENTENCE, Break.NONE]


def test_spans_point_at_the_raw_text() -> None:
    sources = [ANSWER[span.start : span.end] for spoken in stages(ANSWER, "en").spoken for span in spoken.spans]
    assert sources == ["Fees", "It", "is", "$5", "now.", "Bye"]


def test_an_emotion_that_the_engine_lacks_is_left_out() -> None:
    assert [spoken.emotion for spoken in stages("[sad] Oh", "en", tags=frozenset({"happy"})).spoken] == ["", ""]
    assert [spoken.emotion for spoken in stages("[sad] Oh", "en", tags=frozenset({"sad"})).spoken] == ["", "sad"]


def test_unknown_tags_are_read_where_that_is_chosen() -> None:
    found = stages("[dance] [laugh]", "en", "literal")
    assert [span.text.strip("[]") for spoken in found.spoken for span in spoken.spans] == ["dance"]
    assert found.marks == (Mark(8, 15, "event", "laugh"),)


def test_markup_can_be_left_alone() -> None:
    found = stages("[laugh] a", "en", "off")
    assert (found.marked, found.marks) == (found.raw, ())
    assert len(found.spoken[0].spans) == 2


def test_a_long_lead_makes_longer_pieces() -> None:
    text = "One, two, three. Four, five. " * 5
    assert len(stages(text, "en", lead_s=0.0).spoken) > len(stages(text, "en", lead_s=8.0).spoken)


@settings(max_examples=150)
@given(text=st.text(max_size=60) | st.sampled_from([path.read_text("utf-8") for path in sorted(ANSWERS.glob("*.md"))]))
def test_the_pieces_partition_the_text_and_the_spans_lie_in_their_pieces(text: str) -> None:
    found = stages(text, "hi")
    assert "".join(spoken.piece.text for spoken in found.spoken) == found.marked
    for spoken in found.spoken:
        ranges = [(span.start, span.end) for span in spoken.spans]
        assert ranges == sorted(ranges)
        assert all(spoken.piece.start <= start < end <= spoken.piece.end for start, end in ranges)
