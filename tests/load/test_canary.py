"""Ten thousand sessions, dozens at a time, each with tones of its own: every one hears its own, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.load.conftest import Report
from tests.load.conversation import Conversation, Words
from tests.voice_server.serving import Server, idle, running

pytestmark = pytest.mark.load

NUM_SESSIONS = 10_000
AT_A_TIME = 48

NEVER_FULL = ("--max-load", "1000")
"""More is asked of the server here than it would take on."""


def budget_s(config: pytest.Config) -> float:
    return 180


async def hold_some(server: Server, num: int, words: Words, random: Random) -> Counter[str]:
    """Hold so many sessions, one after the other, and return what they came to."""
    counts: Counter[str] = Counter()
    for _ in range(num):
        (num_contexts,) = random.choices((1, 2, 3), (6, 3, 1))
        with words.lent(num_contexts) as pairs:
            conversation = Conversation.planned(pairs, random)
            await conversation.hold(server, random)
        assert conversation.faults == []
        counts.update(message.type for message in conversation.heard)
        counts["bytes"] += sum(len(message.data) for message in conversation.heard)
        counts["audio_ms"] += sum(round(message["audio_ms"]) for message in conversation.heard.of("done", "cancelled"))
        counts["sessions"] += 1
    return counts


async def test_ten_thousand_sessions_hear_only_themselves(
    tmp_path: Path, seed: int, share: float, report: Report
) -> None:
    num, words, began_at = round(NUM_SESSIONS * share), Words(), time.monotonic()
    with running(tmp_path, *NEVER_FULL) as server:
        shares = [len(range(at, num, AT_A_TIME)) for at in range(AT_A_TIME)]
        async with asyncio.TaskGroup() as group:
            held = [
                group.create_task(hold_some(server, share, words, Random(f"{seed}/{at}")))
                for at, share in enumerate(shares)
            ]
        await idle(server)
        assert "Traceback" not in server.log
    counts = sum((task.result() for task in held), Counter[str]())
    lasted_s = time.monotonic() - began_at
    report.tell(f"{counts['sessions']} sessions in {lasted_s:.0f} s, {counts['sessions'] / lasted_s:.0f} a second")
    report.tell(
        f"  {counts['done']} utterances heard to their end and {counts['cancelled']} cancelled,"
        f" {counts['audio_ms'] / 60_000:.0f} minutes of audio in {counts['bytes'] / 1e6:.0f} MB, all decoded;"
        f" a tone came again after {words.fewest_between} others at the earliest"
    )
    assert counts["sessions"] == num
    assert counts["cancelled"] > num / 10
