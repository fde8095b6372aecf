"""Networks that are slow, cut bytes up, die without a word, or close one way only."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.voice_server.proxy import Network, network_to
from tests.voice_server.serving import Server, Socket, idle, socket_of
from tests.voice_server.talk import sentence

PING_S = 0.5
ARGUMENTS = ("--ping", str(PING_S))


@asynccontextmanager
async def far_socket(server: Server) -> AsyncIterator[tuple[Network, Socket]]:
    """A socket at the other end of a network of its own."""
    async with network_to(server.url) as network, socket_of(replace(server, url=network.url), max_lead_s=0.3) as socket:
        yield network, socket


@pytest.mark.parametrize(("delay_s", "piece"), [(0.05, 1 << 16), (0.0, 7)], ids=["slow", "cut up"])
async def test_over_a_bad_network_every_word_arrives(server: Server, delay_s: float, piece: int) -> None:
    async with far_socket(server) as (network, socket):
        network.delay_s, network.piece = delay_s, piece
        await socket.say({"text": sentence(20), "context_id": "a", "end": True})
        heard = await socket.until("done")
        assert heard.words("a", sentence(20)) == sentence(20).split()
    await idle(server)


async def test_a_client_whose_network_died_is_let_go_after_a_ping(server: Server) -> None:
    async with far_socket(server) as (network, socket):
        await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
        network.die()
        died_at = time.monotonic()
        await idle(server)
        print(f"let go after {time.monotonic() - died_at:.3f} s with pings every {PING_S} s")
        assert time.monotonic() - died_at < 2 * PING_S + 2.0


async def test_a_client_who_reads_by_the_byte_is_let_go_when_no_ping_gets_through(server: Server) -> None:
    async with far_socket(server) as (network, socket):
        await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
        network.piece, network.delay_s = 1, 0.02  # some taken in all the time: the kernel never gives up
        began_at = time.monotonic()
        await idle(server)
        print(f"let go after {time.monotonic() - began_at:.3f} s with pings every {PING_S} s")
        assert time.monotonic() - began_at < 2 * PING_S + 2.0


@pytest.mark.parametrize("how", ["half_close", "reset"])
async def test_a_client_that_is_cut_off_frees_what_it_held(server: Server, how: str) -> None:
    async with far_socket(server) as (network, socket):
        await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
        getattr(network, how)()
        cut_at = time.monotonic()
        await idle(server)
        print(f"freed after {time.monotonic() - cut_at:.3f} s")
        assert time.monotonic() - cut_at < 2.0
