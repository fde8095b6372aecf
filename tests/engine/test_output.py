from __future__ import annotations

from typing import Any, get_args

import pytest

from engine.audio.encode import encoder
from engine.types import BITRATES_OF, RATES_OF, Container, Format, Output, PacketMs, PcmFormat

PACKETS: tuple[tuple[int, PacketMs], ...] = ((0, 20), (10, 60))


def test_every_format_has_its_rates() -> None:
    assert set(RATES_OF) == {*get_args(PcmFormat), "opus", *get_args(Container)}
    assert all(48000 in rates for rates in RATES_OF.values())


@pytest.mark.parametrize("format", RATES_OF)
def test_every_output_that_can_be_made_has_an_encoder(format: Format) -> None:
    for rate in RATES_OF[format]:
        for bitrate in (None, *BITRATES_OF.get(format, ())):
            for complexity, packet_ms in PACKETS:
                encoder(Output(format, rate, packet_ms, bitrate, complexity, True, True))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"format": "wma"}, "format must be one of pcm_s16le"),
        ({"format": "opus", "sample_rate": 44100}, "sample_rate of opus must be one of 8000, 12000, 16000"),
        ({"format": "pcm_s16le", "sample_rate": 12000}, "sample_rate of pcm_s16le must be one of 8000, 16000"),
        ({"format": "opus", "packet_ms": 10}, "packet_ms must be 20, 40 or 60, not 10"),
        ({"format": "opus", "complexity": 11}, "complexity must be 0 to 10, not 11"),
        ({"format": "opus", "bitrate": 5_999}, "bitrate of opus must be 6000 to 256000, not 5999"),
        ({"format": "mp3", "bitrate": 320_001}, "bitrate of mp3 must be 8000 to 320000"),
    ],
)
def test_what_no_encoder_could_be_made_of_is_refused_by_name(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Output(**wrong)
