"""What an engine of many streams has done since it started, for those who watch it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from engine.spark.guards import Runaway
from engine.spark.planner import Window


@dataclass(slots=True)
class Counts:
    """Totals. Their ratios tell how well work goes together.

    `steps` had something due; in `idle_steps` of them the model made nothing, in the others tokens for `lm_rows`
    sequences. `windows` went through the codec in `codec_steps`, in `codec_calls` of its network with `codec_rows`
    streams: those of different lengths make one each. A `starved` window came after its listener had run dry. The rest
    are segments that were cut, by the reason.
    """

    steps: int = 0
    idle_steps: int = 0
    lm_rows: int = 0
    codec_steps: int = 0
    windows: int = 0
    codec_calls: int = 0
    codec_rows: int = 0
    starved: int = 0
    cut_budget: int = 0
    cut_loop: int = 0
    cut_silence: int = 0

    def stepped(self, num_rows: int) -> None:
        """Count a step, and for how many sequences the model made something."""
        self.steps += 1
        self.idle_steps += not num_rows
        self.lm_rows += num_rows

    def fed(self, windows: Iterable[Window], batched: tuple[int, int]) -> None:
        """Count the windows of a step, and take the codec's own totals."""
        self.codec_calls, self.codec_rows = batched
        self.codec_steps += 1
        for window in windows:
            self.windows += 1
            self.starved += -inf < window.lead_s < 0.0

    def cut(self, why: Runaway) -> None:
        """Count a segment that was not let go on."""
        match why:
            case "budget":
                self.cut_budget += 1
            case "loop":
                self.cut_loop += 1
            case "silence":
                self.cut_silence += 1
