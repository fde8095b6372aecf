"""What waits to be sent on one socket: a control lane, and one paced lane per utterance. No I/O, no clock."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from engine.listener import Listener
from engine.types import FRAME_MS, Output
from voice_server.messages import AudioOut, Cancelled, Event, Flushed, Started, Timestamps, Warned

NEAR_S = 0.2
"""Below this lead a listener is sent frames one by one, as they come; above it they are joined."""

MAX_CONTROL = 1024
"""Answers a client may leave unread before it is taken for one that only writes."""


CHARS_PER_ANSWER = 1 << 16
"""Code points of returned text that count as one more answer."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a lane: whoever takes it knows that everything before has been sent."""


Item = AudioOut | Started | Timestamps | Flushed | Warned | Finish


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

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._items

    def put(self, item: Item) -> None:
        """Append an item."""
        if isinstance(item, AudioOut):
            self.queued_s += item.num_samples / self._rate
        self._items.append(item)

    def purge(self) -> None:
        """Drop everything that waits."""
        self._items.clear()
        self.queued_s = 0.0

    def ready_at(self, now: float) -> float:
        """Return when the next item may leave: a time not after `now` for at once, infinity for an empty lane."""
        if not self._items:
            return math.inf
        head = self._items[0]
        if not isinstance(head, AudioOut):
            return now
        lead_s = self.listener.in_hand_s(now)
        return now + self._wait_s(self._message_samples(head, lead_s), lead_s)

    def take(self, now: float) -> Item | None:
        """Remove and return the next item, an event or one message's worth of audio; None if none may leave yet."""
        if not self._items:
            return None
        head = self._items[0]
        if not isinstance(head, AudioOut):
            return self._items.popleft()
        lead_s = self.listener.in_hand_s(now)
        wanted = self._message_samples(head, lead_s)
        if now + self._wait_s(wanted, lead_s) > now:
            return None
        audio = self._items.popleft() if wanted == head.num_samples else self._cut(head, wanted)
        assert isinstance(audio, AudioOut)
        duration_s = audio.num_samples / self._rate
        self.queued_s = max(0.0, self.queued_s - duration_s)
        self.listener.sent(now, duration_s)
        return audio

    def _wait_s(self, num_samples: int, lead_s: float) -> float:
        """Return the seconds until so much more may leave, for a listener with `lead_s` in hand."""
        if not self._max_lead_s or not self.listener.started:
            return 0.0
        return max(0.0, lead_s - max(self._max_lead_s - num_samples / self._rate, 0.0))

    def _message_samples(self, head: AudioOut, lead_s: float) -> int:
        if not self._bytes_per_sample:
            return head.num_samples
        return self._frame if lead_s < NEAR_S else self._joined

    def _cut(self, head: AudioOut, num_samples: int) -> AudioOut:
        """Take up to `num_samples` from the audio at the head, joining what follows it directly."""
        parts: list[bytes | memoryview] = []
        left = num_samples
        while left and self._items and isinstance(audio := self._items[0], AudioOut):
            if audio.num_samples <= left:
                parts.append(audio.data)
                self._items.popleft()
                left -= audio.num_samples
                continue
            split, data = left * self._bytes_per_sample, memoryview(audio.data)
            parts.append(data[:split])
            rest = (audio.first_sample + left, audio.num_samples - left, data[split:])
            self._items[0] = AudioOut(audio.context, audio.stream, *rest)
            left = 0
        joined = parts[0] if len(parts) == 1 else b"".join(parts)
        return AudioOut(head.context, head.stream, head.first_sample, num_samples - left, joined)


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
            item = self._lanes[stream].take(now)
            if item is not None:
                return stream, item
        return None

    def ready_at(self, now: float) -> float:
        """Return when `take` has something; infinity if nothing waits."""
        if self._control:
            return now
        at = math.inf
        for lane in self._lanes.values():
            if not lane.empty:
                at = min(at, lane.ready_at(now))
        return at


def _num_chars(event: Event) -> int:
    return len(event.text_spoken) + len(event.text_remaining) if isinstance(event, Cancelled) else 0
