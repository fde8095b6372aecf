"""What waits to be sent on one socket: a control lane, and one paced lane per utterance. No I/O, no clock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from engine.listener import Listener
from engine.types import FRAME_MS, Output
from voice_server.messages import Cancelled, Event, Flushed, Started, Timestamps

NEAR_S = 0.2
"""Below this lead a listener is sent frames one by one, as they come; above it they are joined."""

MAX_CONTROL = 1024
"""Answers a client may leave unread before it is taken for one that only writes."""


CHARS_PER_ANSWER = 1 << 16
"""Code points of returned text that count as one more answer."""


@dataclass(slots=True)
class Audio:
    """Encoded samples waiting in a lane: `data` holds the samples from `first_sample` to `end_sample`.

    Of formats that compress it is what goes into one message; of a container it may hold no sample at all.
    """

    first_sample: int
    end_sample: int
    data: bytes | memoryview


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a lane: whoever takes it knows that everything before has been sent."""


Item = Audio | Started | Timestamps | Flushed | Finish


class Lane:
    """The queue of one utterance, in the order things are to be sent, released at the listener's pace.

    `max_lead_s` is how far ahead of the listener audio may leave (0: no limit); `message_ms` is how much of it may
    be joined into one message once the listener has enough in hand, where samples are all of the same size.
    """

    def __init__(self, output: Output, message_ms: int, max_lead_s: float, listener: Listener) -> None:
        self.listener = listener
        self.queued_s = 0.0
        self._rate = output.sample_rate
        self._bytes_per_sample = output.bytes_per_sample
        self._frame = output.sample_rate * FRAME_MS // 1000
        self._joined = output.sample_rate * message_ms // 1000
        self._max_lead_s = max_lead_s
        self._items: deque[Item] = deque()

    def put(self, item: Item) -> None:
        """Append an item."""
        if isinstance(item, Audio):
            self.queued_s += (item.end_sample - item.first_sample) / self._rate
        self._items.append(item)

    def purge(self) -> None:
        """Drop everything that waits."""
        self._items.clear()
        self.queued_s = 0.0

    def ready_at(self, now: float) -> float:
        """Return when the next item may leave: a time not after `now` for at once, infinity for an empty lane."""
        if not self._items:
            return math.inf
        if not isinstance(self._items[0], Audio) or not self._max_lead_s or not self.listener.started:
            return now
        lead = self.listener.in_hand_s(now)
        room = self._max_lead_s - self._message_samples(self._items[0], lead) / self._rate
        return now + max(0.0, lead - max(room, 0.0))

    def take(self, now: float) -> Item:
        """Remove and return the next item: an event, or one message's worth of audio."""
        head = self._items[0]
        if not isinstance(head, Audio):
            return self._items.popleft()
        if self._bytes_per_sample:
            audio = self._cut(self._message_samples(head, self.listener.in_hand_s(now)))
        else:
            self._items.popleft()
            audio = head
        duration = (audio.end_sample - audio.first_sample) / self._rate
        self.queued_s = max(0.0, self.queued_s - duration)
        self.listener.sent(now, duration)
        return audio

    def _message_samples(self, head: Audio, lead_s: float) -> int:
        if not self._bytes_per_sample:
            return head.end_sample - head.first_sample
        return self._frame if lead_s < NEAR_S else self._joined

    def _cut(self, num_samples: int) -> Audio:
        """Take up to `num_samples` from the audio at the head, joining what follows it directly."""
        parts: list[bytes | memoryview] = []
        first = wanted = -1
        while self._items and isinstance(audio := self._items[0], Audio):
            if first < 0:
                first = wanted = audio.first_sample
                wanted += num_samples
            end = min(audio.end_sample, wanted)
            if end == audio.end_sample:
                parts.append(audio.data)
                self._items.popleft()
            else:
                split = (end - audio.first_sample) * self._bytes_per_sample
                data = memoryview(audio.data)
                parts.append(data[:split])
                self._items[0] = Audio(end, audio.end_sample, data[split:])
            if end == wanted:
                break
        return Audio(first, end, parts[0] if len(parts) == 1 else b"".join(parts))


class Outbox:
    """The control lane and the lanes of all utterances, served in turn."""

    def __init__(self) -> None:
        self._control: deque[Event] = deque()
        self._num_chars = 0
        self._lanes: dict[int, Lane] = {}
        self._order: deque[int] = deque()

    @property
    def num_answers(self) -> int:
        """Answers on the control lane; one that returns a text counts for its size."""
        return len(self._control) + self._num_chars // CHARS_PER_ANSWER

    def tell(self, event: Event) -> None:
        """Put an event on the control lane."""
        self._control.append(event)
        self._num_chars += _num_chars(event)

    def add(self, stream: int, lane: Lane) -> None:
        """Serve a lane from now on."""
        self._lanes[stream] = lane
        self._order.append(stream)

    def remove(self, stream: int) -> None:
        """Forget a lane and what waits in it."""
        if self._lanes.pop(stream, None) is not None:
            self._order.remove(stream)

    def take(self, now: float) -> Event | tuple[int, Item] | None:
        """Return what may be sent now: a control event, or the stream and item of the next lane that is ready."""
        if self._control:
            event = self._control.popleft()
            self._num_chars -= _num_chars(event)
            return event
        for _ in range(len(self._order)):
            stream = self._order[0]
            self._order.rotate(-1)
            lane = self._lanes[stream]
            if lane.ready_at(now) <= now:
                return stream, lane.take(now)
        return None

    def ready_at(self, now: float) -> float:
        """Return when `take` has something; infinity if nothing waits."""
        if self._control:
            return now
        return min((lane.ready_at(now) for lane in self._lanes.values()), default=math.inf)


def _num_chars(event: Event) -> int:
    return len(event.text_spoken) + len(event.text_remaining) if isinstance(event, Cancelled) else 0
