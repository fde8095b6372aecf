from __future__ import annotations

import pytest

from engine.types import Segment, Span

HELLO, THERE = Span("Hello", 0, 5), Span("there", 14, 19)


@pytest.mark.parametrize(
    ("spans", "text"),
    [
        ((), ""),
        ((HELLO, THERE), "Hello there"),
        ((HELLO, Span(",", 5, 6), THERE), "Hello, there"),
        ((HELLO, Span("", 6, 13, tag="laugh"), THERE), "Hello there"),
        ((HELLO, Span("", 5, 14, tag="laugh"), THERE), "Hello there"),
        ((Span("", 0, 0, tag="sigh"), HELLO, Span("", 5, 5)), "Hello"),
        ((Span("", 0, 7, tag="sigh"), Span("", 7, 9, tag="cough")), ""),
    ],
)
def test_a_segment_is_written_with_single_spaces_and_without_its_events(spans: tuple[Span, ...], text: str) -> None:
    assert Segment(1, 1, "tone", "en", spans).text == text
