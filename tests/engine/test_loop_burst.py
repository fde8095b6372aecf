"""What comes first when many utterances begin in the same instant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.local import LocalLoop
from engine.types import Delivery, EngineOutput, Output, SegmentId, new_id
from tests.engine.assembly import Part, assemble, spoken
from tests.engine.build import Clock, Heard, build_segment
from tests.engine.test_loop import Watched

F32 = Output("pcm_f32le", 48000)


class OneAtATime(Watched):
    """Works for the most urgent segment only, and makes all of it in one step."""

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        first = next(iter(due))
        return super().step({first: due[first]})


def burst(step_s: float, texts: list[str]) -> tuple[list[int], list[Heard]]:
    """Say texts that all come at once; return whose deliveries came in what order, and what each heard."""
    clock, order = Clock(), []
    loop = LocalLoop(OneAtATime(clock, step_s, chunk_ms=4000), clock, clock.advance)
    heards = [Heard(F32) for _ in texts]
    for index, (text, heard) in enumerate(zip(texts, heards, strict=True)):

        def deliver(delivery: Delivery, index: int = index, heard: Heard = heard) -> None:
            order.append(index)
            heard(delivery)

        utterance = new_id()
        loop.open(utterance, F32, 0.0, deliver)
        loop.submit(build_segment(text, utterance))
        loop.close(utterance)
    loop.run()
    return order, heards


LONG = "bako bade bafi bagu balo bama"


def test_of_long_chunks_everyone_gets_the_beginning_before_anyone_gets_the_rest() -> None:
    order, heards = burst(0.005, [LONG] * 20)
    assert sorted(order[:20]) == list(range(20))
    assert all(heard.deliveries[0].num_samples <= 0.3 * 48000 for heard in heards)
    assert all(heard.closed and np.array_equal(heard.pcm, assemble([Part(spoken(LONG))])) for heard in heards)


def test_a_listener_about_to_run_dry_is_served_before_anyone_new() -> None:
    order, _ = burst(0.1, [LONG, *["bako"] * 9])
    assert order[0] == 0
    assert order.index(0, 1) == 4  # after the three steps in which the 0.3 s of its beginning were played
