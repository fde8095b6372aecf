"""The load generator speaks vendors' dialects, and hears in them what it hears in ours."""

from __future__ import annotations

import pytest

from voice_server.bench import hearing
from voice_server.bench.adapting import own_ms
from voice_server.bench.plan import Call, spoken
from voice_server.bench.posting import POSTS
from voice_server.bench.setting import Load, Server, Wishes
from voice_server.bench.vendors import LINES

TEXT = "One sentence that takes a moment to say. "


@pytest.mark.parametrize("dialect", LINES)
def test_a_call_is_as_long_in_every_dialect_and_a_cancel_ends_it(served: str, dialect: str) -> None:
    options = {"audio": "base64"} if dialect == "native" else {}
    calls = (Call(0.0, (TEXT,)), Call(0.1, tuple(TEXT.split(" ")), 50.0), Call(0.2, (TEXT * 20,), cancel_s=0.3))
    server = Server(served, None, Wishes(), dialect)
    load = Load(spoken(calls, dialect), 1.0, options=options, num_sockets=3, slow=dialect in POSTS)
    whole, fed, cancelled = server.run(load).log.calls
    assert [log.error for log in (whole, fed, cancelled)] == [None, None, None]
    assert whole.done is not None
    assert whole.done["audio_ms"] == pytest.approx(float(hearing.lengths(whole).sum()) * 1000, abs=0.1)
    assert whole.done["audio_ms"] == pytest.approx(640, abs=6)
    assert whole.audible_at is not None
    assert fed.done is not None
    assert cancelled.done is None
    assert cancelled.cancelled_at is not None
    assert cancelled.stray == 0


def test_clients_of_all_dialects_share_a_server_and_each_call_finds_a_socket_of_its_own(served: str) -> None:
    calls = [Call(0.02 * number, (TEXT,), dialect=dialect) for number, dialect in enumerate([*LINES] * 2)]
    log = Server(served, None, Wishes(), "mixed").run(Load(calls, 0.5, num_sockets=2)).log
    assert [call.error for call in log.calls] == [None] * len(calls)
    assert {round(sum(hearing.lengths(call)), 1) for call in log.calls} == {0.6}
    assert log.num_sockets == 2 * len(LINES)


@pytest.mark.parametrize("dialect", ["native", "elevenlabs", "cartesia", "deepgram"])
def test_an_adapters_own_time_is_some_microseconds(dialect: str) -> None:
    found = own_ms(dialect, {})
    assert found is not None
    assert 0.001 < found.p50 < 10.0
    assert found.num > 1000


def test_over_http_there_is_no_adapter_to_time() -> None:
    assert own_ms("openai", {}) is None


@pytest.mark.parametrize("dialect", POSTS)
def test_a_request_that_is_refused_says_with_what_status(served: str, dialect: str) -> None:
    load = Load((Call(0.0, ("",), dialect=dialect),), 0.1)
    (log,) = Server(served, None, Wishes(), dialect).run(load).log.calls
    assert log.error == "HTTP 400"
    assert log.done is None
