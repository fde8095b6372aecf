from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.spark.products import TILE, product

pytestmark = pytest.mark.spark


@settings(max_examples=40, deadline=None)
@given(num=st.integers(1, 6 * TILE), num_in=st.integers(1, 200), num_out=st.integers(1, 300), seed=st.integers(0, 9))
def test_tiles_are_what_the_whole_is(num: int, num_in: int, num_out: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    rows = torch.randn(num, 1, num_in, generator=draw)
    weight, bias = torch.randn(num_out, num_in, generator=draw), torch.randn(num_out, generator=draw)
    found = product(rows, weight, bias)
    assert found.shape == (num, 1, num_out)
    assert found.is_contiguous()
    torch.testing.assert_close(found, torch.nn.functional.linear(rows, weight, bias), atol=1e-4, rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 15), num_tiles=st.integers(1, 4), width=st.sampled_from([64, 128, 256, 896]))
def test_a_row_comes_to_the_same_bits_in_any_place_of_any_batch(place: int, num_tiles: int, width: int) -> None:
    draw = torch.Generator().manual_seed(width)
    weight, row = torch.randn(3 * width, width, generator=draw), torch.randn(1, 1, width, generator=draw)
    others = torch.randn(num_tiles * TILE, 1, width, generator=torch.Generator().manual_seed(place))
    place %= len(others)
    others[place] = row
    alone = product(torch.cat((row, torch.zeros(TILE - 1, 1, width))), weight)[0]
    assert torch.equal(product(others, weight)[place], alone)


def test_half_precision_and_prompts_go_as_they_are() -> None:
    rows, weight = torch.randn(3, 5, 8), torch.randn(6, 8)
    assert torch.equal(product(rows, weight), torch.nn.functional.linear(rows, weight))
    rows, weight = rows[:, :1].bfloat16(), weight.bfloat16()
    assert torch.equal(product(rows, weight), torch.nn.functional.linear(rows, weight))
