"""What an engine of many streams does next: who gets a token, and whose tokens become sound. Pure: no torch, no clock.

A stream's tokens become sound in windows. Before its first exact sample it needs 67 tokens more than it sounds; who
waits for a first sound gets previews meanwhile (`engine.spark.ramp`). Later windows are of equal length, and all
come on the same beat of the model's steps, so that streams go together however they began. For listeners who are
about to run dry there are shorter windows, on a quicker beat, and on that come further previews.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from engine.spark import ramp
from engine.types import SegmentId

LOOKAHEAD = 67
"""Tokens after a token that its samples depend on."""

FIRST = 8
"""Tokens that the first exact window adds to what was previewed: 160 ms. Where nothing is, it sounds a HOP."""

HOP = 25
"""Tokens of every later window: half a second. Also the beat on which they are given."""

SHORT_HOP = 5
"""A listener in a hurry gets what there is, in multiples of so many: few lengths, so that they go together."""

MARGIN_S = 0.05
"""A listener is in a hurry who has less than this in hand when the next short windows come."""

COMFORT_S = 2.0
"""While somebody is in a hurry, the model makes nothing for those who have more than this in hand."""

MOST_AHEAD = 2 * HOP
"""Tokens that may wait for a window. With more the model pauses for the stream."""


@dataclass(slots=True)
class Flow:
    """One segment's tokens: made by the model, fed to the codec, sounded (previews included).

    An `exact` one gives no previews. It has `ended` when the model makes no more, and is `streaming` from its first
    exact window on.
    """

    exact: bool = False
    num_made: int = 0
    num_fed: int = 0
    num_sounded: int = 0
    ended: bool = False
    streaming: bool = False

    @property
    def num_waiting(self) -> int:
        """Tokens made and not fed."""
        return self.num_made - self.num_fed

    @property
    def begins_at(self) -> int:
        """Tokens that have to be there for the first exact window."""
        return LOOKAHEAD + self.num_sounded + (FIRST if self.num_sounded else HOP)

    @property
    def hungry(self) -> bool:
        """Whether the model is to make more."""
        enough = self.num_waiting if self.streaming else self.num_made - self.begins_at
        return not self.ended and enough < MOST_AHEAD

    def is_in_the_middle(self, lead_s: float) -> bool:
        """Whether its next window is one of many alike: a hop, or of those with little in hand one more preview."""
        is_previewed = self.num_sounded > 0 and self.num_made < self.begins_at and lead_s < ramp.RAMP[-1].lead_s
        return not self.ended and (self.streaming or is_previewed)

    def feed(self, num_tokens: int) -> None:
        """Count what goes to the codec."""
        self.num_fed += num_tokens
        self.streaming = self.streaming or self.num_fed >= self.begins_at


class Window(NamedTuple):
    """So many tokens of a segment are to be fed now; whether they are its last; what its listener has left."""

    segment: SegmentId
    num_tokens: int
    is_last: bool
    lead_s: float


Flows = Mapping[SegmentId, Flow]
Due = Mapping[SegmentId, float]


class Beat:
    """Comes every so many steps, and stays until it was used."""

    def __init__(self, every: int) -> None:
        self.here = False
        self._every = every
        self._num_steps = 0

    def step(self) -> None:
        """Count one."""
        self._num_steps += 1
        self.here = self.here or self._num_steps % self._every == 0


class Planner:
    """Picks one batch of windows at a time. It is told of every step, by which it also reckons how long one takes."""

    def __init__(self) -> None:
        self.step_s = 0.0
        self._beat, self._quick_beat = Beat(HOP), Beat(SHORT_HOP)
        self._leads: Due = {}

    def speakers(self, due: Due, flows: Flows) -> list[SegmentId]:
        """Return who is to get tokens, most urgent first."""
        hurry_s = self.hurry_s
        most_s = COMFORT_S if any(lead_s < hurry_s for lead_s in due.values()) else inf
        return [segment for segment, lead_s in due.items() if lead_s < most_s and flows[segment].hungry]

    @property
    def hurry_s(self) -> float:
        """A listener with less than this in hand is in a hurry."""
        return MARGIN_S + SHORT_HOP * self.step_s

    def stepped(self) -> None:
        """Count a step in which the model made tokens."""
        self._beat.step()
        self._quick_beat.step()

    def windows(self, due: Due, flows: Flows) -> list[Window]:
        """Return the windows of one batch: of those in a hurry if there are any, else of the others."""
        hurried: dict[SegmentId, float] = {}
        others: dict[SegmentId, float] = {}
        hurry_s, step_s = self.hurry_s, self.step_s
        for segment, lead_s in due.items():
            left_s = lead_s - step_s
            (hurried if left_s < hurry_s else others)[segment] = left_s
        at_next_beat = {segment: left_s - SHORT_HOP * step_s for segment, left_s in hurried.items()}
        if urgent := [*_edges(hurried, flows), *_hops(at_next_beat, flows, self._quick_beat, SHORT_HOP)]:
            return urgent
        return _hops(others, flows, self._beat, HOP, _edges(others, flows))

    def observe(self, due: Due, given: Collection[SegmentId]) -> None:
        """Take in what was due in a step and who got sound in it.

        The next leads of those who got none tell how long it took: they are less by so much.
        """
        falls = [self._leads[segment] - lead_s for segment, lead_s in due.items() if segment in self._leads]
        self._leads = {segment: lead_s for segment, lead_s in due.items() if segment not in given}
        falls = [fall for fall in falls if 0.0 <= fall < 1.0]  # others: no sound yet, or a listener's correction
        if falls:
            self.step_s += (min(falls) - self.step_s) / 8


def _hops(due: Due, flows: Flows, beat: Beat, hop: int, others: Sequence[Window] = ()) -> list[Window]:
    """Return the windows of those in the middle, with others, if the beat is here or nobody is left to wait for."""
    middle = [segment for segment, lead_s in due.items() if flows[segment].is_in_the_middle(lead_s)]
    windows = [window for segment in middle if (window := _hop(segment, flows[segment], due[segment], hop))]
    if not (beat.here or len(windows) == len(middle)):
        return []
    beat.here = beat.here and not (windows or others)
    return [*windows, *others]


def _hop(segment: SegmentId, flow: Flow, lead_s: float, hop: int) -> Window | None:
    """Return the next window of one in the middle, or its next preview, if it has the tokens."""
    if not flow.streaming:
        return _preview(segment, flow, lead_s)
    return Window(segment, min(flow.num_waiting // hop * hop, HOP), False, lead_s) if flow.num_waiting >= hop else None


def _edges(due: Due, flows: Flows) -> list[Window]:
    """Return the windows of those at their beginning or their end."""
    return [window for segment in due if (window := _edge(segment, flows[segment], due[segment]))]


def _edge(segment: SegmentId, flow: Flow, lead_s: float) -> Window | None:
    """Return a stream's last window, its first exact one, or its first preview's, if it is due."""
    if flow.ended:
        return Window(segment, flow.num_waiting, True, lead_s)
    if flow.streaming:
        return None
    if flow.num_made >= flow.begins_at:
        return Window(segment, flow.begins_at - flow.num_fed, False, lead_s)
    return None if flow.num_sounded else _preview(segment, flow, lead_s)


def _preview(segment: SegmentId, flow: Flow, lead_s: float) -> Window | None:
    previewed = not flow.exact and ramp.is_due(lead_s, flow.num_made - flow.num_sounded)
    return Window(segment, flow.num_waiting, False, lead_s) if previewed else None
